"""PDF documents by typst. The typesetter is an extra of the installation and reads the template's folder only."""

import json
from typing import Any

from django.conf import settings

from apps.finance.ledger.errors import DocumentsNotInstalled


def typeset(name: str, data: dict[str, Any]) -> bytes:
    """Return the PDF of template `name` (templates/documents/<name>.typ) filled with `data`, whose values are texts.

    Data reach the template as JSON, never as markup. Raises DocumentsNotInstalled.
    """
    try:
        import typst  # type: ignore[import-not-found,unused-ignore]  # an extra
    except ImportError as error:
        raise DocumentsNotInstalled from error
    folder = settings.BASE_DIR / "templates" / "documents"
    made: bytes = typst.compile(
        str(folder / f"{name}.typ"), root=str(folder), sys_inputs={"data": json.dumps(data)}, format="pdf"
    )
    return made
