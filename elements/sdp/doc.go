// Package sdp is the offer/answer agent that WebRtcEndpoint and RtpEndpoint
// share: it reads and writes session descriptions (RFC 8866) by Kurento's own
// rules and tells the endpoint what was agreed. It opens no socket, starts no
// goroutine and knows nothing of ICE, DTLS or the remote protocol; whoever owns
// an Agent gives it the local credentials and acts on the Session it returns.
//
// The rules are those of Kurento Media Server 7 (its answers are compared line
// by line with recorded ones in golden_test.go), on top of the offer/answer
// model (RFC 3264), JSEP (RFC 8829), grouping (RFC 5888) and BUNDLE (RFC 9143).
//
// Descriptions are read by this package's own reader, not by pion/sdp: that one
// refuses a whole description for one m-line of a kind it does not know, where
// RFC 3264 §6 wants just that m-line answered with port 0. pion/sdp is the
// independent judge of what this package writes, in its tests.
package sdp
