"""Currencies by their signs, codes and names, as exports write them."""

from __future__ import annotations

from collections.abc import Collection


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: ISO 4217, with codes that went out of use but stand in old exports.
CODES = _words(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BYR BZD
    CAD CDF CHF CLF CLP CNH CNY COP CRC CUP CVE CZK DEM DJF DKK DOP DZD EEK EGP ERN ESP ETB EUR FJD FKP FRF
    GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK ITL JMD JOD JPY KES KGS KHR
    KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MYR MZN NAD NGN NIO NLG NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG
    SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS
    VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL
    """
)
COMMON = _words("USD EUR GBP CHF CAD AUD NZD JPY INR SEK NOK DKK PLN CZK BRL MXN SGD HKD ZAR AED")
#: Signs that several currencies share, with the one that is meant if nothing in the data speaks against it.
SHARED = {
    "$": _words(
        "USD CAD AUD NZD HKD SGD TWD MXN ARS CLP COP UYU BBD BMD BND BSD BZD DOP FJD GYD JMD KYD LRD NAD SBD"
        " SRD TTD XCD"
    ),
    "¥": _words("JPY CNY CNH"),
    "kr": _words("SEK NOK DKK ISK"),
    "Rs": _words("INR PKR LKR NPR MUR"),
}
USUAL = {"$": "USD", "¥": "JPY", "Rs": "INR"}
#: Without a minor unit in daily use (never decimals), and with one of three digits.
NO_DECIMALS = _words("BIF CLP COP DJF GNF HUF IDR ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF")
THREE_DECIMALS = _words("BHD IQD JOD KWD LYD OMR TND")

#: A currency, then its marks and names without spaces.
_MARKS = """
    $ $ dollar dollars
    ¥ ¥ ￥
    kr kr kr.
    Rs rs rs. re. ₨ rupee rupees
    USD us$ usd$ u.s.$ usdollar usdollars u.s.dollar unitedstatesdollar
    CAD ca$ c$ cad$ cdn$ can$ canadiandollar
    AUD a$ au$ aud$ australiandollar
    NZD nz$
    HKD hk$
    SGD s$ sg$
    TWD nt$
    MXN mx$ mex$ mexicanpeso
    BRL r$ brazilianreal
    ARS ar$
    CLP cl$
    COP col$
    EUR € euro euros
    GBP £ gb£ pound pounds sterling poundsterling britishpound britishpoundsterling
    JPY jp¥ 円 yen japaneseyen
    CNY cn¥ rmb yuan 元 chineseyuan
    CHF fr fr. sfr sfr. swissfranc
    INR ₹ inr. indianrupee
    SEK swedishkrona
    NOK norwegiankrone
    DKK danishkrone
    PLN zł zl polishzloty
    CZK kč kc
    HUF ft ft.
    RON lei leu
    BGN лв лв. lv
    HRK kn
    RSD din.
    RUB ₽ руб руб. р.
    UAH ₴ грн грн.
    TRY ₺ tl
    ILS ₪ nis
    KRW ₩
    VND ₫ đ
    THB ฿
    PHP ₱
    NGN ₦
    GHS ₵
    CRC ₡
    PYG ₲
    KZT ₸
    AZN ₼
    GEL ₾
    KHR ៛
    MYR rm
    IDR rp rp.
    ZAR r
    PEN s/ s/.
    PAB b/.
    AED dhs dh
    KES ksh
"""
_BY_MARK = {mark: code for code, *marks in map(str.split, _MARKS.strip().splitlines()) for mark in marks}


def currency_of(text: str) -> str | None:
    """The ISO code of a sign, code or name of a currency, a sign that several share, or None.

    ``€`` and ``euro`` are ``EUR``; ``$`` may be any dollar and is given back as it is.
    """
    plain = "".join(text.split())
    # Small letters are a code for the common ones only: "top" and "all" are words.
    if plain in CODES or plain.upper() in COMMON:
        return plain.upper()
    return _BY_MARK.get(plain.lower())


def currency_named(text: str) -> str:
    """`currency_of`, or the word in capitals where it is no currency that we know."""
    return currency_of(text) or " ".join(text.split()).upper()


def joined_currency(one: str | None, other: str | None) -> str | None:
    """The currency of an amount that bears two marks (``US$ 5 USD``); None where they contradict each other.

    Raises
    ------
    ValueError
        If they contradict each other.
    """
    if one is None or other is None or one == other:
        return one or other
    if other in SHARED.get(one, ()):
        return other
    if one in SHARED.get(other, ()):
        return one
    raise ValueError(f"{one} and {other} are two currencies")


def resolve_sign(sign: str, codes: Collection[str], named: Collection[str]) -> str:
    """What a shared sign means beside `codes` found in the data and those `named` in the mapping.

    It stays a sign where the data do not say: a ``$`` beside ``CAD`` may be either of two dollars.
    """
    if sign not in SHARED or sign in named:
        return sign
    present = SHARED[sign].intersection(codes)
    if not present:
        candidates = SHARED[sign].intersection(named)
        return next(iter(candidates)) if len(candidates) == 1 else sign
    usual = USUAL.get(sign)
    return usual if usual is not None and present == {usual} else sign
