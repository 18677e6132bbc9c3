# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Documentation of the options that hold an app's content."""

from __future__ import annotations


class ModuleDocFragment:
    """Units and files."""

    DOCUMENTATION = r"""
options:
  units:
    description:
      - The units of the app, by file name. A name ends in one of C(.container), C(.pod),
        C(.volume), C(.network), C(.kube), C(.image), C(.build) and C(.artifact). A drop-in is
        named C(UNIT.d/NAME.conf).
      - A name that ends in C(.quadlets) stands for the text of several units, divided by lines of
        C(---), each with a comment C(# FileName=NAME without a suffix); it works with every release
        of Podman.
      - Units of systemd itself that belong to the app, its companions, end in C(.timer),
        C(.socket), C(.path), C(.target), C(.service), C(.slice), C(.mount) or C(.automount); the
        last two are the system's alone. They go to the directory where
        the scope's systemd reads units (C(/etc/systemd/system) or C(~/.config/systemd/user)) and
        are enabled as their C([Install]) says. They need O(location=home).
      - A value is the text of the file, or a mapping of sections, each a mapping of keys. For an
        instance of a template, C(w@1.container) say, it can be a mapping of C(template) to the
        template's name, C(w@.container); the instance is then a link to it.
      - In sections a string, an integer or a boolean is one line of Quadlet syntax as it stands,
        in which systemd expands C(%) specifiers. A list for a key that may repeat is one line each.
      - A list for C(Exec), C(ReloadCmd), C(Entrypoint), C(HealthCmd) and C(HealthStartupCmd) is
        an argument list, a mapping for C(Environment), C(Label) and the like is data. Both arrive
        in the container byte for byte, whatever quotes, C(%) or C($) they hold.
      - In such a list, an item that is a list itself holds words (C(PodmanArgs)) or parts joined by
        colons (C(Volume), C(PublishPort)); an item that is a mapping holds options (C(Secret),
        C(Mount)).
    type: dict
  files:
    description:
      - Other files of the app, by their path relative to the app's directory, where units reach
        them as C(./PATH). Their directories are read-only for containers.
      - A value is the text of the file, or a mapping with C(content) or C(src) (a file on the
        controller), C(mode) (octal, as a string, by default V('0644'), or that of C(src) as
        O(src) has it) and C(on_change).
      - C(on_change) is V(restart) (the default), V(reload) or V(none), and says what the services
        that use the file do when its content changes. A service without a way to reload, and a
        file that is mounted by itself and not through its directory, is restarted in place of a
        reload.
      - C(encoding) is V(text) (the default) or V(base64).
    type: dict
  src:
    description:
      - A directory on the controller. Its files with a unit's suffix and its drop-ins become
        units, which lie side by side in it; a Quadlet unit in a subdirectory is an error. Of a
        directory of drop-ins only C(*.conf) is deployed, other files there are ignored.
      - A symbolic link from an instance to the template beside it becomes an instance, all the
        others become files; those that end in C(.j2) are rendered as templates and lose that
        suffix.
      - What O(units) and O(files) hold lies over it. A text replaces. Sections over a unit's text
        are merged with what it says, by section and key, and a mapping of O(files) with the file's
        options; other values replace, V(null) takes a unit, file, section or key away, C(KEY+)
        with a list adds to a key's values, and C(KEY=) replaces a mapping instead of merging it.
      - It is looked for like the source of M(ansible.builtin.copy), in a role's C(files) too, and
        vaulted files are decrypted.
      - Files keep who may read and execute them, by their own modes and those of the directories
        below O(src) that they are in. Group and others can never write, and have no
        access to what was vaulted. Units are readable for all, whatever they were at their source,
        as the services that are made of them; secrets belong into C(secrets) or O(files).
    type: path
"""
