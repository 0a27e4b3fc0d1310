// Package e2e drives the real binary with the real things: both published versions of kurento-client, in Node and in
// Chromium, raw WebSockets, and ffmpeg as the judge of files. It holds tests only, behind the build tag e2e; run them with
// `make e2e`, which installs what they need.
//
//	*_test.go   one scenario per file; harness_test.go starts servers, browsers and Node
//	pages/      what runs inside Chromium: one module per scenario, its function run(params) returns measurements
//	browser/    the driver that opens a page in Chromium and prints what it returns
//	node/       what runs in Node; node/suite holds test suites of their own, which clientsuite_test.go runs
//	clients/    kurento-client 7.3.0 and 6.18.0 as npm installs them
//	bundle.js   makes the browser edition of a client; the one under web/vendor is made by it
//
// Scripts measure, Go judges: every limit stands in a Go test. Only the suites in node/suite judge for themselves.
package e2e
