//go:build e2e

package e2e

import "testing"

// An application of OpenVidu applies a filter to a stream, calls it and removes it, while somebody watches. All its values are
// texts, numbers with an F behind them (openvidu-server's KurentoFilter and PublisherEndpoint).
func TestOpenViduFaceFilter(t *testing.T) {
	s := startServer(t)
	o := startOpenVidu(t, flows[1], s.dialWebSocket(t))
	alice := o.join("alice")
	o.join("bob")
	w := o.watch("bob", alice)
	w.browser.sees("bob, without a filter")

	filter := o.create("FaceOverlayFilter", object{"mediaPipeline": o.room})
	errors := o.subscribe(filter, "Error")
	o.invoke(alice.source, "connect", object{"sink": filter})
	o.invoke(filter, "connect", object{"sink": alice.pass})
	w.browser.sees("bob, through the filter")
	o.invoke(filter, "setOverlayedImage", object{
		"uri": greenImage(t), "offsetXPercent": "-0.2F", "offsetYPercent": "-0.8F", "widthPercent": "1.3F", "heightPercent": "1.0F",
	})
	w.browser.sees("bob, with an image")
	o.fails(40008, "invoke", operation(filter, "noSuchMethod", object{}))

	o.invoke(alice.source, "connect", object{"sink": alice.pass})
	o.must("unsubscribe", object{"object": filter, "subscription": errors})
	o.must("release", object{"object": filter})
	w.browser.sees("bob, without the filter again")
}
