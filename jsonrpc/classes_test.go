package jsonrpc

import "github.com/rivero-media/rivero/pipeline"

// testClasses are classes that only tests have.
func testClasses() []*pipeline.Class { return nil }
