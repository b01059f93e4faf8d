"""Where the open fonts lie: npm and pip packages that the project locks, then what the machine has."""

import importlib.util
from pathlib import Path

SERIF = "node_modules/@expo-google-fonts/noto-serif-sc"
SERIF_WEIGHTS = ("400Regular", "700Bold")
SANS_MODULE = "noto_cjk_sans_otc"  # one collection; also the fallback for rare characters
SYSTEM = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/google-noto-cjk", "/usr/local/share/fonts")


def find_fonts(project: Path) -> tuple[Path, ...]:
    """Existing folders with fonts for `render`, the project's own before the machine's."""
    folders = [project / SERIF / weight for weight in SERIF_WEIGHTS]
    spec = importlib.util.find_spec(SANS_MODULE)
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent)
    folders += [Path(folder) for folder in SYSTEM]
    return tuple(folder for folder in folders if folder.is_dir())
