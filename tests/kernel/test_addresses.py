"""Addresses against the vectors that the standards publish."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.addresses import NETWORKS, AddressError, Network, check_address, example_address, networks_of
from kernel.addresses.base58 import decode, decode_checked, encode, encode_checked
from kernel.addresses.bech32 import decode_segwit, encode_segwit
from kernel.addresses.keccak import keccak_256

BITCOIN, ETHEREUM, SOLANA, TRON, SEPA = (
    Network.BITCOIN, Network.ETHEREUM, Network.SOLANA, Network.TRON, Network.SEPA,
)  # fmt: skip
USABLE = [
    (BITCOIN, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    (BITCOIN, "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    # BIP-173 and BIP-350
    (BITCOIN, "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    (BITCOIN, "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3", ""),
    (BITCOIN, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", ""),
    # EIP-55
    (ETHEREUM, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", ""),
    (ETHEREUM, "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", ""),
    (ETHEREUM, "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", ""),
    (ETHEREUM, "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb", ""),
    (ETHEREUM, "0x52908400098527886E0F7030069857D2E4169EE7", ""),
    (ETHEREUM, "0xde709f2102306220921060314715629080e2fb77", ""),
    (ETHEREUM, "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    (ETHEREUM, "0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    (TRON, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", ""),
    (SOLANA, "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", ""),
    (SOLANA, "11111111111111111111111111111111", ""),
    (SEPA, "GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432"),
    (SEPA, "de89370400440532013000", "DE89370400440532013000"),
    (SEPA, "FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),
    (SEPA, "NO93 8601 1117 947", "NO9386011117947"),
    (SEPA, "MT84MALT011000012345MTLCAST001S", ""),
]
REFUSED = [
    (BITCOIN, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"),
    (BITCOIN, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
    (BITCOIN, "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9LL"),
    # BIP-350's list of invalid ones, and versions that nobody can spend yet
    (BITCOIN, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd"),
    (BITCOIN, "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL"),
    (BITCOIN, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh"),
    (BITCOIN, "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4"),
    (BITCOIN, "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R"),
    (BITCOIN, "bc1pw5dgrnzv"),
    (BITCOIN, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav"),
    (BITCOIN, "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P"),
    (BITCOIN, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf"),
    (BITCOIN, "bc1gmk9yu"),
    (BITCOIN, "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"),
    (BITCOIN, "bc1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"),
    (BITCOIN, "BC1SW50QGDZ25J"),
    (BITCOIN, "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs"),
    (ETHEREUM, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"),
    (ETHEREUM, "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    (ETHEREUM, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe"),
    (ETHEREUM, "0x" + "٣" * 40),
    (TRON, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u"),
    (TRON, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    (SOLANA, "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyT"),
    (SOLANA, "0PjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"),
    (SEPA, "GB82WEST12345698765431"),
    (SEPA, "DE8937040044053201300０"),
    # Check digits that fit, but a letter where Germany has digits; and a country outside the payment area
    (SEPA, "DE7648883753584474411P"),
    (SEPA, "DE764888375358447P4115"),
    (SEPA, "AE070331234567890123456"),
    *[(network, text) for network in Network for text in ("", " ", "x" * 101, "ﬀ", "\0", "²")],
]


@pytest.mark.parametrize(("network", "text", "spelled"), USABLE)
def test_published_addresses_are_taken_in_one_spelling(network, text, spelled):
    assert check_address(network, text) == (spelled or text)
    assert check_address(network, f"  {text}\n") == (spelled or text)


@pytest.mark.parametrize(("network", "text"), REFUSED)
def test_what_is_no_address_is_refused_with_words(network, text):
    with pytest.raises(AddressError) as refusal:
        check_address(network, text)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("", ""),
        ("61", "2g"),
        ("626262", "a3gV"),
        ("636363", "aPEr"),
        ("73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"),
        ("516b6fcd0f", "ABnLTmg"),
        ("00000000000000000000", "1111111111"),
        ("00eb15231dfceb60925886b67d065299925915aeb172c06647", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L"),
    ],
)
def test_base58_has_the_vectors_of_bitcoin(raw, text):
    assert encode(bytes.fromhex(raw)) == text
    assert decode(text) == bytes.fromhex(raw)


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (b"testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02"),
    ],
)
def test_keccak_has_the_published_digests(text, digest):
    assert keccak_256(text).hex() == digest


@given(st.binary(max_size=300))
@settings(max_examples=50)
def test_keccak_differs_from_sha3_only_in_its_padding(data):
    """The sponge is the same, so a message whose padding is written out agrees with itself in blocks of any length."""
    assert len(keccak_256(data)) == 32
    assert keccak_256(data) != keccak_256(data + b"\0")


@given(st.binary(min_size=1, max_size=40))
def test_base58_goes_there_and_back(raw):
    assert decode(encode(raw)) == raw
    assert decode_checked(encode_checked(raw)) == raw


@given(st.integers(0, 16), st.binary(min_size=2, max_size=40))
def test_witness_programs_go_there_and_back(version, program):
    text = encode_segwit("bc", version, program)
    if version == 0 and len(program) not in (20, 32):
        with pytest.raises(ValueError, match="length"):
            decode_segwit("bc", text)
    else:
        assert decode_segwit("bc", text) == (version, program)


@given(st.sampled_from(list(Network)), st.text(max_size=100))
def test_any_text_is_an_address_or_refused(network, text):
    try:
        spelled = check_address(network, text)
    except AddressError:
        return
    assert check_address(network, spelled) == spelled


@given(st.sampled_from([BITCOIN, TRON, SEPA]), st.text(min_size=1, max_size=9), st.data())
def test_one_wrong_letter_is_found(network, seed, data):
    address = example_address(network, seed)
    place = data.draw(st.integers(0, len(address) - 1))
    letter = data.draw(st.sampled_from([each for each in "2345qpzAB" if each.lower() != address[place].lower()]))
    with pytest.raises(AddressError):
        check_address(network, address[:place] + letter + address[place + 1 :])


@given(st.sampled_from(list(Network)), st.text(max_size=20))
def test_made_up_addresses_are_well_formed(network, seed):
    address = example_address(network, seed)
    assert check_address(network, address) == address


def test_every_network_carries_known_assets():
    from kernel.money import ASSETS

    assert {asset for facts in NETWORKS.values() for asset in facts.assets} <= set(ASSETS)
    assert networks_of("USDT") == [ETHEREUM, SOLANA, TRON]
    assert networks_of("EUR") == [SEPA]
    assert networks_of("XMR") == []
