"""What TA-Lib offers beyond the indicators that have code of their own, as a table.

A function has three lines: name, title, inputs (`source` is the chosen field) and how far it looks back: `finite` (its
look-back is all it reads), `fading` (recursive: older bars count less and less) or `counted` (it adds up from a first
bar, so the number of bars is a parameter); its parameters with TA-Lib's defaults, and its outputs with their units;
plain words. A candle pattern has one line: name, title, default penetration (a share of the first body) if it has one.
"""

from typing import Final

FUNCTIONS: Final = """
HT_DCPERIOD | Hilbert Transform - Dominant Cycle Period | source | fading
    | value:pure
    The length in bars of the cycle the market seems to follow.
HT_DCPHASE | Hilbert Transform - Dominant Cycle Phase | source | fading
    | value:pure
    Where in its cycle the market stands, in degrees.
HT_PHASOR | Hilbert Transform - Phasor Components | source | fading
    | inphase:source quadrature:source
    The two parts of the market's cycle, a quarter turn apart.
HT_SINE | Hilbert Transform - SineWave | source | fading
    | sine:pure leadsine:pure
    The sine of the cycle's phase and the same an eighth of a turn ahead; their crossing announces turns.
HT_TRENDMODE | Hilbert Transform - Trend vs Cycle Mode | source | fading
    | value:pure
    1 while the market trends, 0 while it cycles.
CUMSUM | Cumulative Sum | source | counted
    | value:source
    The sum of the last values.
MINMAX | Lowest and highest values over a specified period | source | finite
    period=30 | min:source max:source
    The smallest and the largest value of the last bars.
SUM | Summation | source | finite
    period=30 | value:source
    The sum of the last values.
AC | Accelerator/Decelerator Oscillator | high low | finite
    fast=5 slow=34 signal=5 | value:close
    How fast the awesome oscillator itself changes: momentum of the momentum.
ADX | Average Directional Movement Index | high low close | fading
    period=14 | value:pure
    How strong a trend is, from 0 to 100, whatever its direction. Above 25 is usually called a trend.
ADXR | Average Directional Movement Index Rating | high low close | fading
    period=14 | value:pure
    The directional index, averaged with its value some bars ago.
AO | Awesome Oscillator | high low | finite
    fast=5 slow=34 | value:close
    The short average of the bar's middle minus the long one.
APO | Absolute Price Oscillator | source | fading
    fast=12 slow=26 matype=1 | value:source
    The fast average minus the slow one, in price.
AROON | Aroon | high low | finite
    period=14 | aroondown:pure aroonup:pure
    How many bars ago the last high and the last low were, from 0 (long ago) to 100 (just now).
AROONOSC | Aroon Oscillator | high low | finite
    period=14 | value:pure
    Aroon up minus Aroon down: above 0 the highs are newer than the lows.
BOP | Balance Of Power | open high low close | finite
    | value:pure
    Where the bar closed against where it opened, as a share of its range.
CCI | Commodity Channel Index | high low close | finite
    period=14 | value:pure
    How far the typical price is from its average, measured in average deviations.
CMO | Chande Momentum Oscillator | source | fading
    period=14 | value:pure
    Gains minus losses as a share of both, from −100 to 100, smoothed.
CMOU | Chande Momentum Oscillator (Unsmoothed) | source | finite
    period=14 | value:pure
    Gains minus losses as a share of both, from −100 to 100, without smoothing.
COPPOCK | Coppock Curve | source | finite
    wmaperiod=10 roc1period=11 roc2period=14 | value:pure
    A weighted average of two rates of change; made for finding the end of long falls.
DPO | Detrended Price Oscillator | source | finite
    period=20 | value:source
    The price some bars ago against its average: the cycle without the trend.
DX | Directional Movement Index | high low close | fading
    period=14 | value:pure
    The distance of the two directional indicators as a share of both, 0 to 100, not smoothed.
ER | Kaufman Efficiency Ratio | source | finite
    period=10 | value:pure
    How straight the way of the price was: 1 is a line, 0 is noise.
ERI | Elder Ray Index (Bull Power / Bear Power) | high low close | fading
    period=13 | bullpower:close bearpower:close
    How far high and low reach beyond the exponential average: the power of buyers and of sellers.
FOSC | Forecast Oscillator | source | finite
    period=5 | value:pure
    How far the price is from the straight line's forecast, in percent.
FRACTAL | Williams Fractal | high low | finite
    leftbars=2 rightbars=2 | swinghigh:pure swinglow:pure
    100 where a swing high, or a swing low, was confirmed by the bars after it.
IMI | Intraday Momentum Index | open close | finite
    period=14 | value:pure
    How much of the movement inside the bars was upwards, 0 to 100.
KDJ | KDJ Stochastic | high low close | fading
    fastk_period=9 slowk_period=3 slowk_matype=13 slowd_period=3 slowd_matype=13 | k:pure d:pure j:pure
    Stochastic lines K and D, and J that exaggerates their distance.
MACDEXT | MACD with controllable MA type | source | finite
    fast=12 fastmatype=0 slow=26 slowmatype=0 signal=9 signalmatype=0 | macd:source macdsignal:source macdhist:source
    MACD with a chosen kind of average for each line.
MACDFIX | Moving Average Convergence/Divergence Fix 12/26 | source | fading
    signal=9 | macd:source macdsignal:source macdhist:source
    MACD with the classic 12 and 26 bars.
MFI | Money Flow Index | high low close volume | finite
    period=14 | value:pure
    A relative strength index in which each bar counts with its volume, 0 to 100.
MINUS_DI | Minus Directional Indicator | high low close | fading
    period=14 | value:pure
    How much of the range went downwards, smoothed, 0 to 100.
MINUS_DM | Minus Directional Movement | high low | fading
    period=14 | value:close
    Downward movement beyond the bar before, smoothed, in price.
PLUS_DI | Plus Directional Indicator | high low close | fading
    period=14 | value:pure
    How much of the range went upwards, smoothed, 0 to 100.
PLUS_DM | Plus Directional Movement | high low | fading
    period=14 | value:close
    Upward movement beyond the bar before, smoothed, in price.
PPO | Percentage Price Oscillator | source | fading
    fast=12 slow=26 matype=1 | value:pure
    The fast average minus the slow one, in percent of the slow one.
QSTICK | Qstick | open close | finite
    period=10 | value:close
    The average of close minus open: above 0 buyers win the bars.
ROCP | Rate of change Percentage: (price-prevPrice)/prevPrice | source | finite
    period=10 | value:pure
    The change against the value some bars ago, as a share.
ROCR | Rate of change ratio: (price/prevPrice) | source | finite
    period=10 | value:pure
    The value as a multiple of that some bars ago.
ROCR100 | Rate of change ratio 100 scale: (price/prevPrice)*100 | source | finite
    period=10 | value:pure
    The value as a multiple of that some bars ago, times 100.
SMI | Stochastic Momentum Index | high low close | fading
    period=13 fast=2 slow=25 signal=9 | smi:pure smisignal:pure
    Where the close lies against the middle of the range, doubly smoothed, −100 to 100.
STOCH | Stochastic | high low close | finite
    fastk_period=5 slowk_period=3 slowk_matype=0 slowd_period=3 slowd_matype=0 | slowk:pure slowd:pure
    Where the close lies between the lowest low (0) and the highest high (100), smoothed, with a signal line.
STOCHF | Stochastic Fast | high low close | finite
    fastk_period=5 fastd_period=3 fastd_matype=0 | fastk:pure fastd:pure
    Where the close lies between the lowest low (0) and the highest high (100), not smoothed, with a signal line.
STOCHRSI | Stochastic Relative Strength Index | source | fading
    period=14 fastk_period=5 fastd_period=3 fastd_matype=0 | fastk:pure fastd:pure
    Where the relative strength index lies in its own recent range, 0 to 100.
TRIX | 1-day Rate-Of-Change (ROC) of a Triple Smooth EMA | source | fading
    period=30 | value:pure
    The change in percent of a three times smoothed average: small moves do not count.
TSI | True Strength Index | source | fading
    firstperiod=25 secondperiod=13 | value:pure
    Momentum, doubly smoothed, against its size: −100 to 100.
ULTOSC | Ultimate Oscillator | high low close | finite
    timeperiod1=7 timeperiod2=14 timeperiod3=28 | value:pure
    Buying pressure over three lengths in one number, 0 to 100.
VHF | Vertical Horizontal Filter | source | finite
    period=28 | value:pure
    How far the market went against how much it moved: high in trends.
VORTEX | Vortex Indicator | high low close | finite
    period=14 | plusvi:pure minusvi:pure
    Upward and downward movement between bars as shares of the range; their crossing announces trends.
WAD | Williams' Accumulation/Distribution | high low close | counted
    | value:close
    Accumulated distance of closes from the true low (rises) and true high (falls), over the last bars.
WILLR | Williams' %R | high low close | finite
    period=14 | value:pure
    Where the close lies in the recent range, from −100 (low) to 0 (high).
ACCBANDS | Acceleration Bands | high low close | finite
    period=20 | upper:close middle:close lower:close
    Bands that widen with the range of the bars.
DEMA | Double Exponential Moving Average | source | fading
    period=30 | value:source
    Twice the exponential average minus its own average: faster than either.
DONCHIAN | Donchian Channels | high low | finite
    period=20 | upper:close middle:close lower:close
    The highest high and the lowest low of the last bars, and their middle.
HMA | Hull Moving Average | source | finite
    period=20 | value:source
    A weighted average of weighted averages that lags little and stays smooth.
HT_TRENDLINE | Hilbert Transform - Instantaneous Trendline | source | fading
    | value:source
    The price without its cycle.
KAMA | Kaufman Adaptive Moving Average | source | fading
    period=30 | value:source
    An average that is fast while the market goes straight and slow while it is noisy.
KC | Keltner Channels | high low close | fading
    period=20 atrperiod=10 nbdev=2.0 | upper:close middle:close lower:close
    An exponential average with a band of average true ranges around it.
MA | Moving average | source | finite
    period=30 matype=0 | value:source
    An average of a chosen kind: 0 simple, 1 exponential, 2 weighted, 3 double, 4 triple, 5 triangular, 6 Kaufman.
MAMA | MESA Adaptive Moving Average | source | fading
    fastlimit=0.5 slowlimit=0.05 | mama:source fama:source
    An average that adapts to the cycle of the market, and one that follows it.
MIDPOINT | MidPoint over period | source | finite
    period=14 | value:source
    The middle of the largest and the smallest value.
MIDPRICE | Midpoint Price over period | high low | finite
    period=14 | value:close
    The middle of the highest high and the lowest low.
RMA | Wilder's Smoothed Moving Average | source | fading
    period=30 | value:source
    Wilder's average, the one inside the relative strength index: it forgets slowly.
SAR | Parabolic SAR | high low | fading
    acceleration=0.02 maximum=0.2 | value:close
    A stop that follows the trend ever faster and changes sides when it is hit.
SAREXT | Parabolic SAR - Extended | high low | fading
    init_long=0.02 step_long=0.02 max_long=0.2 init_short=0.02 step_short=0.02 max_short=0.2 | value:close
    The parabolic stop with its own speeds for rises and falls; negative while falling.
SUPERTREND | SuperTrend | high low close | fading
    period=10 multiplier=3.0 | supertrend:close trend:pure
    A band of average true ranges that follows the trend (1 up, −1 down) and changes sides when it is crossed.
T3 | Triple Exponential Moving Average (T3) | source | fading
    period=5 vfactor=0.7 | value:source
    Six exponential averages in one: very smooth, little lag.
TEMA | Triple Exponential Moving Average | source | fading
    period=30 | value:source
    Three exponential averages combined so that hardly any lag is left.
TRIMA | Triangular Moving Average | source | finite
    period=30 | value:source
    An average that gives the middle of the window the most weight.
VWMA | Volume Weighted Moving Average | source volume | finite
    period=30 | value:source
    The mean of the last bars in which each counts with its volume.
ZLEMA | Zero-Lag Exponential Moving Average | source | fading
    period=30 | value:source
    An exponential average of a price that was corrected for its lag.
AVGDEV | Average Deviation | source | finite
    period=14 | value:source
    The mean distance of the last values from their mean.
AVGPRICE | Average Price | open high low close | finite
    | value:close
    The mean of open, high, low and close.
HA | Heikin-Ashi Candles | open high low close | fading
    | haopen:close hahigh:close halow:close haclose:close
    Open, high, low and close of smoothed candles.
MEDPRICE | Median Price | high low | finite
    | value:close
    The middle of high and low.
TYPPRICE | Typical Price | high low close | finite
    | value:close
    The mean of high, low and close.
WCLPRICE | Weighted Close Price | high low close | finite
    | value:close
    The mean of high, low and twice the close.
BETA | Beta | source volume | finite
    period=5 | value:pure
    How strongly the changes of the source follow those of the volume.
CORREL | Pearson's Correlation Coefficient (r) | source volume | finite
    period=30 | value:pure
    How closely the source moves with the volume, from −1 to 1.
LINEARREG | Linear Regression | source | finite
    period=14 | value:source
    The newest point of the straight line through the last values.
LINEARREG_INTERCEPT | Linear Regression Intercept | source | finite
    period=14 | value:source
    The oldest point of the straight line through the last values.
LINEARREG_SLOPE | Linear Regression Slope | source | finite
    period=14 | value:source
    How much the straight line through the last values rises each bar.
PERCENTILE | Percentile (nearest rank) | source | finite
    period=30 percentile=50.0 | value:source
    The value that a given share of the last values does not exceed.
PERCENTRANK | Percent Rank | source | finite
    period=100 | value:pure
    The share of the last values below the newest, 0 to 100.
TSF | Time Series Forecast | source | finite
    period=14 | value:source
    The straight line through the last values, carried one bar on.
VAR | Variance | source | finite
    period=5 nbdev=1.0 | value:source*source
    The mean squared distance of the last values from their mean.
ADR | Average Day Range | high low | finite
    period=14 | value:close
    The mean distance of high and low.
CVI | Chaikin's Volatility | high low | fading
    period=10 rocperiod=10 | value:pure
    How much the smoothed range has changed, in percent.
MASSI | Mass Index | high low | fading
    fast=9 slow=25 | value:pure
    Sum of range averages over each other; a bulge and its end announce reversals.
NATR | Normalized Average True Range | high low close | fading
    period=14 | value:pure
    The average true range in percent of the close.
RVI | Relative Volatility Index | source | fading
    period=14 stddevperiod=10 | value:pure
    How much of the nervousness belongs to rising closes, 0 to 100.
TRANGE | True Range | high low close | finite
    | value:close
    The range of the bar, the gap to the close before included.
AD | Chaikin A/D Line | high low close volume | counted
    | value:volume
    Volume weighted by where the bar closed in its range, summed over the last bars.
ADOSC | Chaikin A/D Oscillator | high low close volume | fading
    fast=3 slow=10 | value:volume
    A fast average of accumulation and distribution minus a slow one.
CMF | Chaikin Money Flow | high low close volume | finite
    period=20 | value:pure
    Where the bars closed in their ranges, weighted by volume, −1 to 1.
EFI | Elder's Force Index | close volume | fading
    period=13 | value:close*volume
    The change of the price times the volume behind it, smoothed.
MARKETFI | Market Facilitation Index | high low volume | finite
    | value:close/volume
    How far the price moves for each unit of volume.
NVI | Negative Volume Index | close volume | counted
    | value:pure
    An index that changes only on bars with less volume than the one before, counted over the last bars.
OBV | On Balance Volume | source volume | counted
    | value:volume
    Volume of rising bars minus volume of falling ones, counted over the last bars.
PVI | Positive Volume Index | close volume | counted
    | value:pure
    An index that changes only on bars with more volume than the one before, counted over the last bars.
PVO | Percentage Volume Oscillator | volume | fading
    fast=12 slow=26 matype=1 | value:pure
    The fast average of volume minus the slow one, in percent of the slow one.
PVT | Price Volume Trend | close volume | counted
    | value:volume
    Volume weighted by the relative change of the close, summed over the last bars.
RVOL | Relative Volume | volume | finite
    period=20 | value:pure
    The volume of the bar as a multiple of its average.
VWAP | Volume Weighted Average Price | high low close volume | counted
    | value:close
    The mean price of the last bars in which each counts with its volume.
"""
PATTERNS: Final = """
CDL2CROWS | Two Crows
CDL3BLACKCROWS | Three Black Crows
CDL3INSIDE | Three Inside Up/Down
CDL3LINESTRIKE | Three-Line Strike
CDL3OUTSIDE | Three Outside Up/Down
CDL3STARSINSOUTH | Three Stars In The South
CDL3WHITESOLDIERS | Three Advancing White Soldiers
CDLABANDONEDBABY | Abandoned Baby | 0.3
CDLADVANCEBLOCK | Advance Block
CDLBELTHOLD | Belt-hold
CDLBREAKAWAY | Breakaway
CDLCLOSINGMARUBOZU | Closing Marubozu
CDLCONCEALBABYSWALL | Concealing Baby Swallow
CDLCOUNTERATTACK | Counterattack
CDLDARKCLOUDCOVER | Dark Cloud Cover | 0.5
CDLDOJI | Doji
CDLDOJISTAR | Doji Star
CDLDRAGONFLYDOJI | Dragonfly Doji
CDLENGULFING | Engulfing Pattern
CDLEVENINGDOJISTAR | Evening Doji Star | 0.3
CDLEVENINGSTAR | Evening Star | 0.3
CDLGAPSIDESIDEWHITE | Up/Down-gap side-by-side white lines
CDLGRAVESTONEDOJI | Gravestone Doji
CDLHAMMER | Hammer
CDLHANGINGMAN | Hanging Man
CDLHARAMI | Harami Pattern
CDLHARAMICROSS | Harami Cross Pattern
CDLHIGHWAVE | High-Wave Candle
CDLHIKKAKE | Hikkake Pattern
CDLHIKKAKEMOD | Modified Hikkake Pattern
CDLHOMINGPIGEON | Homing Pigeon
CDLIDENTICAL3CROWS | Identical Three Crows
CDLINNECK | In-Neck Pattern
CDLINVERTEDHAMMER | Inverted Hammer
CDLKICKING | Kicking
CDLKICKINGBYLENGTH | Kicking - bull/bear determined by the longer marubozu
CDLLADDERBOTTOM | Ladder Bottom
CDLLONGLEGGEDDOJI | Long Legged Doji
CDLLONGLINE | Long Line Candle
CDLMARUBOZU | Marubozu
CDLMATCHINGLOW | Matching Low
CDLMATHOLD | Mat Hold | 0.5
CDLMORNINGDOJISTAR | Morning Doji Star | 0.3
CDLMORNINGSTAR | Morning Star | 0.3
CDLONNECK | On-Neck Pattern
CDLPIERCING | Piercing Pattern
CDLRICKSHAWMAN | Rickshaw Man
CDLRISEFALL3METHODS | Rising/Falling Three Methods
CDLSEPARATINGLINES | Separating Lines
CDLSHOOTINGSTAR | Shooting Star
CDLSHORTLINE | Short Line Candle
CDLSPINNINGTOP | Spinning Top
CDLSTALLEDPATTERN | Stalled Pattern
CDLSTICKSANDWICH | Stick Sandwich
CDLTAKURI | Takuri (Dragonfly Doji with very long lower shadow)
CDLTASUKIGAP | Tasuki Gap
CDLTHRUSTING | Thrusting Pattern
CDLTRISTAR | Tristar Pattern
CDLUNIQUE3RIVER | Unique 3 River
CDLUPSIDEGAP2CROWS | Upside Gap Two Crows
CDLXSIDEGAP3METHODS | Upside/Downside Gap Three Methods
"""
