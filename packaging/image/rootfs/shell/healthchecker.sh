#!/bin/sh
# Succeeds if the server answers, on whatever port it is configured to.
exec /usr/bin/rivero healthcheck
