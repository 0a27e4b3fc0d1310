// Package stream is the RTP session logic that network endpoints share: what
// happens between a connection, which gives and takes RTP and RTCP packets in
// the clear, and the graph, which gives and takes media.Packets. It opens no
// socket and knows neither SDP nor RPC.
//
// A Session is one RTP session of a peer (one BUNDLE group). For each m-line it
// has at most one Receiver, which turns the peer's stream into an Output, and
// one Sender, an Input that makes one continuous stream of whatever is
// connected to it.
//
// What is negotiated (codecs, retransmissions, header extensions, layers) is one
// immutable table; Session.Renegotiate replaces it as a whole while packets flow.
//
// A Receiver has a track for each stream of the peer: one, or one per layer of a
// simulcast. A Sender sends one of the layers on, as its peer's path allows: that
// is what the peer says (REMB), or what the session has measured from
// transport-wide feedback (package gcc).
//
// Goroutines: HandleRTP and HandleRTCP run on the connection's read goroutine,
// a Sender's Write on the goroutine of whoever produces, and each session has
// one goroutine of its own for everything that has a time: reports, repeated
// loss reports, time-outs. State sits behind one mutex per Receiver and per
// Sender, held for a packet's bookkeeping and never while packets are handed on
// to the graph. The locks are taken in this order: Session, then Receiver or Sender.
package stream
