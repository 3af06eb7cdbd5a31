"""How a text reaches a phone: the contract of providers, the guarded way out, texts, and which service sends."""
