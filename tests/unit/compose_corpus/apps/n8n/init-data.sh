#!/bin/sh
echo "done"
