"""funnelsim: from a CRM export to next quarter's revenue."""

__version__ = "0.1.0"
