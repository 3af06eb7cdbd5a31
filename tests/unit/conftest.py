"""How Hypothesis draws its examples, which is settled before the tests that it is given are read.

They are the same in each run, and each may take its time: on a busy machine one or another takes longer than the fifth
of a second that Hypothesis allows, and is drawn again to no avail.
"""

from hypothesis import settings

settings.load_profile("ci")
