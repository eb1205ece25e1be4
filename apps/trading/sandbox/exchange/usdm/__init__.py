"""USD-margined perpetual contracts: the part of Binance's futures interface that unmodified ccxt.binanceusdm uses."""
