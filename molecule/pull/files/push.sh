#!/bin/sh
# push.sh MESSAGE [--gpg-sign]: pushes what is in /root/fleet; prints the commit.
set -e
cd /root/fleet
if [ ! -d .git ]; then
    git init -q --bare -b main /srv/fleet.git
    git init -q -b main
    git config user.name dev
    git config user.email dev@example.org
    git config gpg.format ssh
    git config user.signingkey /root/signer
fi
git add --all
git commit -q -m "$@"
git push -q /srv/fleet.git HEAD:main
git rev-parse HEAD
