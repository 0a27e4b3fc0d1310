// Command rivero is the media server. What it does is in package server.
package main

import "github.com/rivero-media/rivero/server"

// version is Rivero's own, put in by the linker (packaging/build-binary).
var version = "development"

func main() { server.Main(version) }
