from . import county
ROWS=()
def run(*a,**k): pass
