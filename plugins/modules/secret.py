# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: secret
short_description: Create, change or remove a Podman secret
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Sees to one secret in the storage of the system's or of a user's Podman, where units reach it by
    the key C(Secret).
  - The value arrives byte for byte; no newline is added or lost. An existing secret that holds the
    same bytes is left alone.
  - The value goes to Podman through a pipe. It is in no command line, file, log, result or diff of
    the module's. Podman keeps it in its storage as its secret driver does; the default one does not
    encrypt.
  - A running container keeps the value that it was created with. Restart the services that use the
    secret when it has changed (RV(ignore:changed)); Quadlet's services make a new container at each
    start.
  - Podman removes a secret whether or not a container uses it. A running container goes on with its
    copy, but where the secret is an environment variable C(podman exec) fails in it. A service that
    names a secret which is gone fails at its next start.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
options:
  name:
    description:
      - The secret's name, 1 to 253 bytes without comma, slash, equals sign and NUL.
    type: str
    required: true
  value:
    description:
      - What the secret holds, 1 to 511999 bytes; needed where O(state=present).
      - It has to be text. A number, boolean, list or mapping is refused, since how it was written
        can't be told any more. With ansible-core before 2.19 that happens to a template whose text
        looks like a list or a mapping; end it with the filter C(string).
    type: raw
  encoding:
    description:
      - How O(value) is written. V(base64) is for what is not text; spaces and newlines in it do not
        count.
    type: str
    choices: [text, base64]
    default: text
  state:
    description: Whether the secret is there with that value, or not at all.
    type: str
    choices: [present, absent]
    default: present
  user:
    description:
      - User name or uid whose own Podman keeps the secret (rootless). It is asked as that user.
      - Without it, or with V(root) or V(0), the system's Podman does.
      - The module runs as root or as that user. The user lingers (M(quadlet.fleet.linger)) or is
        logged in, since Podman would take a runtime directory in C(/tmp) otherwise, and stay with
        it.
    type: str
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: full
    details: It says that the value changes, and shows neither the old nor the new one.
notes:
  - A changed secret is a new one to Podman. Its id changes, its labels are lost, and its driver is
    the default one.
  - Podman removes the old value before it stores the new one. Where that fails the module puts the
    old one back.
  - Where less than 4 MiB are free for Podman's storage nothing is created or changed. Its file
    driver rewrites all secrets at once, and loses them where the space ends.
  - Without pipelining Ansible itself copies the options of any module, and so the value, into a
    file in C(remote_tmp) for as long as the task runs. Pipelining avoids that.
seealso:
  - module: quadlet.fleet.app
  - module: quadlet.fleet.linger
"""

EXAMPLES = r"""
# group_vars/shop.yml, written by: ansible-vault encrypt_string --name shop_db_password
# shop_db_password: !vault |
#   $ANSIBLE_VAULT;1.1;AES256
#   6533…
- name: Keep the password of the database
  quadlet.fleet.secret:
    name: shop-db-password
    value: "{{ shop_db_password }}"
    user: shop

- name: Keep a key that is not text, from a vaulted file
  quadlet.fleet.secret:
    name: shop-keytab
    value: "{{ lookup('ansible.builtin.file', 'shop.keytab.b64') }}"
    encoding: base64
    user: shop

- name: Use them
  quadlet.fleet.app:
    name: shop
    user: shop
    units:
      db.container:
        Container:
          Image: docker.io/library/postgres:17
          Environment:
            POSTGRES_PASSWORD_FILE: /run/secrets/shop-db-password
          Secret:
            - shop-db-password
            - {source: shop-keytab, mode: "0400"}

- name: Remove a secret that nothing uses any more
  quadlet.fleet.secret:
    name: shop-old-token
    state: absent
    user: shop
"""

RETURN = r"""
name:
  description: The secret's name.
  returned: success
  type: str
  sample: shop-db-password
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    module = EngineModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "value": {"type": "raw", "no_log": True},
            "encoding": {"type": "str", "choices": ["text", "base64"], "default": "text"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "user": {"type": "str"},
        },
        required_if=[("state", "present", ("value",))],
        supports_check_mode=True,
    )
    module.run("secret")


if __name__ == "__main__":
    main()
