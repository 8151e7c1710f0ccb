"""Sixty names that programs have stumbled over: none may become a path."""

NAMES = (
    *("../up", "../../../../etc/passwd", "/etc/passwd", "..\\..\\up", "C:\\model", "C:model"),
    *("//host/a", "\\\\host\\share", ".", "..", "...", "./a", "a/../b", "a/b/c", "~", "~root"),
    *("$HOME", "%TEMP%", "CON", "con", "nul", "aux.json", "PRN", "com1", "LPT9.bin", "name."),
    *("name ", " name", ".hidden", "-rf", "--help", "*", "?", "a*b?", "a|b", "a<b>c", 'a"b', "a'b"),
    *("a;rm -rf /", "`id`", "$(id)", "a\nb", "a\tb", "a\rb", "\x1b[31m", "\x7f", "\u202egnp.exe"),
    *("\u200f", "\ufeff", "\u00e9", "e\u0301", "😀", "名前", "<script>alert(1)</script>"),
    *(
        "'; DROP TABLE marcelle_documents; --",
        "%s%n",
        "{}",
        "{0}",
        "null",
        "undefined",
        "__proto__",
    ),
    *("constructor", "0", "-1", "1e999", "NaN", "x" * 300),
)
