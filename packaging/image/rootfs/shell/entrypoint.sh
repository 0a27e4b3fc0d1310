#!/bin/sh
# Becomes the server. All arguments of the container go to it in one, empty if there are none, as in Kurento's image; it reads
# the variables itself.
exec /usr/bin/kurento-media-server "$*"
