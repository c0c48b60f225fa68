"""The page's modules as one script."""

import pytest

from app.participant.page import joined


def written(folder, **modules):
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source)
    return (folder / "main.js").resolve()


def test_each_module_comes_once_before_those_that_import_it(tmp_path):
    main = written(
        tmp_path,
        main='import { b } from "./b.js";\nimport { c } from "./c.js";\nexport const a = b + c;\n',
        b='import { c } from "./c.js";\nexport const b = c;\n',
        c="export const c = 1;\n",
    )
    assert joined(main) == "const c = 1;\nconst b = c;\nexport const a = b + c;\n"


@pytest.mark.parametrize(
    "source",
    [
        'import {\n  b,\n} from "./b.js";\n',
        'import { b } from "package";\n',
        "export default 1;\n",
        "const a = 1;\nexport { a };\n",
        'export * from "./b.js";\n',
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path, source):
    with pytest.raises(ValueError, match=r"main.js has '(import|export)"):
        joined(written(tmp_path, main=source, b="export const b = 1;\n"))
