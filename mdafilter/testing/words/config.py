"""test_config_set, test_config_unset, test_config_reload: settings, under the names that Pigeonhole has for them.

    test_config_set <setting: string> <value: string>;
    test_config_unset <setting: string>;
    test_config_reload [:extension <name: string>];

What is set is in force from the next reload on, of whatever extension; see testing/config.py.
"""

from __future__ import annotations

from mdafilter.testing import CAPABILITY
from mdafilter.testing.stage import stage_of
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class Setting(Value):
    """The setting gets this value; None: it has none."""

    name: Text
    value: Text | None

    def assign(self, scene: Scene) -> None:
        config, name = stage_of(scene).config, scene.expand(self.name)
        if self.value is None:
            config.unset(name)
        else:
            config.set(name, scene.expand(self.value))

    def describe(self) -> str:
        if self.value is None:
            return f"test_config_unset {quoted(self.name)}"
        return f"test_config_set {quoted(self.name)} {quoted(self.value)}"


class Reload(Value):
    """What was set is in force."""

    extension: Text | None = None

    def assign(self, scene: Scene) -> None:
        stage = stage_of(scene)
        stage.config.reload()
        stage.look_again()

    def describe(self) -> str:
        return "test_config_reload" + ("" if self.extension is None else f" :extension {quoted(self.extension)}")


def build_setting(use: Use) -> Setting:
    return Setting(use.text(0), use.text(1) if use.name == "test_config_set" else None)


def build_reload(use: Use) -> Reload:
    return Reload(use.tag_text(":extension"))


_TAGS = (Tag(":extension", argument="string"),)
WORDS = (
    Word("test_config_set", "assignment", build_setting, ("string", "string"), requires=(CAPABILITY,)),
    Word("test_config_unset", "assignment", build_setting, ("string",), requires=(CAPABILITY,)),
    Word("test_config_reload", "assignment", build_reload, tags=_TAGS, requires=(CAPABILITY,)),
)
