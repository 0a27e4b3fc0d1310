package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/load"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/replay"
)

const usage = `rivero-load puts a known load on a Kurento-compatible media server and reports what arrived.

  rivero-load -mode fanout -viewers 50     one publisher, 50 viewers, one MediaPipeline
  rivero-load -mode loopback -calls 20     20 pipelines, each with one WebRtcEndpoint connected to itself
  rivero-load -mode composite -viewers 4 -clip file.webm
                                           4 members of one Composite, each of whom sends and sees it, while a
                                           guest comes and leaves every second
  rivero-load -mode setup -calls 4         pipelines with two endpoints, made and released 4 at a time:
                                           bare, negotiated (SDP only), connected (ICE and DTLS)

The peers are real WebRTC peers that trickle ICE, without STUN or TURN. The publisher replays a VP8 and Opus clip in a
loop, or a synthetic stream of the same shape, which is good for forwarding but not for transcoding. Packets are
recognised by their payload, so loss and latency are those from the publisher to the viewer. Viewers ask for no
retransmission: loss is that of the network and of overload.

Exit status: 0 all calls worked; 1 a call failed, or no packet came; 2 wrong usage. A call check is:

  rivero-load -mode loopback -calls 1 -duration 2s

With -pid of the server's process (same machine, Linux) its CPU time per delivered packet and its memory are reported.
Ctrl-C ends the measuring early, reports, and releases everything on the server.

Options:
`

// settings are what the command line says.
type settings struct {
	options load.Options
	json    bool
}

// parse reads the command line; flag.ErrHelp means that help was asked for and given.
func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	o := &s.options
	flags := flag.NewFlagSet("rivero-load", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.URL, "url", "ws://localhost:8888/kurento", "`address` of the server; wss:// works too")
	mode := flags.String("mode", string(load.Fanout), "fanout, loopback, composite or setup")
	viewers := flags.Int("viewers", 10, "`number` of viewers in fanout mode, of members in composite mode")
	calls := flags.Int("calls", 1, "`number` of calls in loopback mode, of set-ups at a time in setup mode")
	flags.Float64Var(&o.Ramp, "ramp", 10, "calls started per second; 0: all at once")
	flags.DurationVar(&o.Warmup, "warmup", 2*time.Second, "time between the last call's picture and the measuring window")
	flags.DurationVar(&o.Duration, "duration", 10*time.Second, "length of the measuring window; in setup mode of each phase")
	flags.DurationVar(&o.Timeout, "timeout", 15*time.Second, "for a call to be connected and to show a picture")
	flags.StringVar(&o.Clip, "clip", "", "VP8 clip to replay: a WebM `file`, with Opus or without, or IVF; else a synthetic one")
	flags.IntVar(&o.Bitrate, "bitrate", 1_500_000, "of the synthetic clip's video, in bit/s")
	flags.DurationVar(&o.Peer.KeyInterval, "key-interval", replay.DefaultKeyInterval,
		"least time between key frames that the publisher sends on request; the default is that of browsers")
	picture := flags.String("picture", "1280x720@25", "`size` and rate of what is made in composite mode")
	flags.IntVar(&o.Picture.Bitrate, "picture-bitrate", 2_000_000, "of what is made in composite mode, in bit/s")
	flags.IntVar(&o.PID, "pid", 0, "process `id` of the server, to measure its CPU time and memory")
	interfaces := flags.String("interface", "", "network interfaces for media, comma separated `names`; else all, and lo for a server on localhost")
	flags.BoolVar(&o.Peer.IPv6, "ipv6", false, "use IPv6 addresses for media too")
	srtp := flags.String("srtp", "aes-cm", "SRTP `profile`: aes-cm (AES128_CM_HMAC_SHA1_80) or aes-gcm (AEAD_AES_128_GCM)")
	flags.BoolVar(&o.Insecure, "insecure", false, "accept any certificate of a wss:// server")
	flags.BoolVar(&s.json, "json", false, "print the report as JSON")
	verbose := flags.Bool("verbose", false, "log progress and each failure to standard error")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	o.Mode = load.Mode(*mode)
	o.Calls = *calls
	if o.Mode == load.Fanout || o.Mode == load.Composed {
		o.Calls = *viewers
	}
	if _, err := fmt.Sscanf(*picture, "%dx%d@%d", &o.Picture.Width, &o.Picture.Height, &o.Picture.Rate); err != nil {
		return nil, fmt.Errorf("picture %q, want WIDTHxHEIGHT@RATE", *picture)
	}
	if *interfaces != "" {
		o.Peer.Interfaces = strings.Split(*interfaces, ",")
	}
	switch *srtp {
	case "aes-cm":
	case "aes-gcm":
		o.Peer.GCM = true
	default:
		return nil, fmt.Errorf("srtp profile %q, want aes-cm or aes-gcm", *srtp)
	}
	o.Log = zerolog.Nop()
	if *verbose {
		o.Log = zerolog.New(stderr).With().Timestamp().Logger()
	}
	return s, o.Validate()
}
