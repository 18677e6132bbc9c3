"""The matrix: releases of ansible-core, Python and Podman that the collection is tested with."""
