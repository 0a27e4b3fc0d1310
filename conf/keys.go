package conf

import (
	"net/netip"
	"slices"
	"strings"
)

// key is one row of the table of everything files and KMS_* variables can set.
type key struct {
	path  string // in the tree all files are merged into
	env   string // variable that wins over files, "" for none
	needs string // variable without which env does not count
	value value  // nil: the key is known and has no effect, or is an alias

	alias    func(text string) string // gives the path of the key that takes the value
	compound bool                     // the value is a JSON list or object
	file     bool                     // the value is a path, relative to the directory of its file
	verbatim bool                     // white space around the value belongs to it
	strict   bool                     // a bad value is an error: the default would be dangerous

	live    bool   // a change takes effect while the server runs, for what is created afterwards at least
	set     bool   // it stands in the file that is shipped; other keys are comments there
	own     bool   // Rivero's own, unknown to Kurento
	doc     string // what it does, for the documentation
	differs string // how that is not as in Kurento, "" for the same
	example string // a value that makes sense, for keys without a default
}

// Names of the tree's branches. A module file's branch is its place below the modules
// directory: modules/kurento/WebRtcEndpoint.conf.ini is modules.kurento.WebRtcEndpoint.
const (
	mediaServer      = "mediaServer."
	resources        = mediaServer + "resources."
	websocket        = mediaServer + "net.websocket."
	kurento          = "modules.kurento."
	mediaElement     = kurento + "MediaElement."
	sdpEndpoint      = kurento + "SdpEndpoint."
	baseRtpEndpoint  = kurento + "BaseRtpEndpoint."
	uriEndpoint      = kurento + "UriEndpoint."
	webRtcEndpoint   = kurento + "WebRtcEndpoint."
	playerEndpoint   = kurento + "PlayerEndpoint."
	recorderEndpoint = kurento + "RecorderEndpoint."
	httpEndpoint     = kurento + "HttpEndpoint."
	composite        = kurento + "Composite."
)

// Keys that other code than the table refers to.
const (
	keyPort           = websocket + "port"
	keySecurePort     = websocket + "secure.port"
	keyMinBitrate     = mediaElement + "minEncoderBitrate"
	keyMinPort        = baseRtpEndpoint + "minPort"
	keyExternalIPv4   = webRtcEndpoint + "externalIPv4"
	keyExternalIPv6   = webRtcEndpoint + "externalIPv6"
	keyHTTPServerPort = httpEndpoint + "serverPort"
)

// maxInt keeps bitrates and counts inside the API's 32-bit int.
const maxInt = 1<<31 - 1

// yearOfSeconds bounds periods: a longer one is a slip of the pen.
const yearOfSeconds = 366 * 24 * 60 * 60

// keys returns the table, with values stored in c. An alias stands before the key it
// may set, so that the key itself wins.
func keys(c *Config) []key {
	return slices.Concat(mainKeys(c), elementKeys(c), webRtcKeys(c))
}

// mainKeys are those of kurento.conf.json.
func mainKeys(c *Config) []key {
	r, ws := &c.Resources, &c.WebSocket
	return []key{
		{path: resources + "exceptionLimit", value: bind(&r.ExceptionLimit, fraction(false)), live: true,
			doc: "fraction of the soft limits of threads and open files above which `create` fails with 40009"},
		{path: resources + "killLimit", value: bind(&r.KillLimit, fraction(true)), live: true, example: "0.7",
			doc: "fraction of the same limits above which the process ends when its last object is gone; 0 is off"},
		{path: resources + "garbageCollectorPeriod", value: bind(&r.GarbageCollectorPeriod, seconds(1, yearOfSeconds)),
			doc: "seconds; a session that is silent ends after one to two periods"},
		{path: resources + "disableRequestCache", value: bind(&r.DisableRequestCache, boolean),
			doc: "do not keep answers for requests that are sent again"},

		{path: keyPort, value: bind(&ws.Port, integer(0, 65535)), set: true,
			doc:     "port of plain `ws`, 0 is off. A file that sets `secure.port` and leaves this out means `wss` alone",
			differs: "8888 if no file says anything; Kurento then has no `ws`"},
		{path: websocket + "address", value: bind(&ws.Address, ipLiteral("IP address", netip.Addr.IsValid)), strict: true, example: "127.0.0.1",
			doc: "IP address `ws` listens on; all if not set"},
		{path: websocket + "ipv6", value: bind(&ws.IPv6, boolean),
			doc: "listen on IPv6 as well where it is there (when `address` is not set)"},
		{path: websocket + "path", value: bind(&ws.Path, urlPath),
			doc: "path of the URL"},
		{path: websocket + "threads", value: bind(&ws.Threads, integer(1, maxInt)),
			doc: "accepted; Rivero has no thread pool", differs: "no effect: connections do not share a pool of threads"},
		{path: websocket + "connqueue", value: bind(&ws.ConnQueue, integer(0, maxInt)),
			doc: "accepted; the system's own backlog is used", differs: "no effect: the system's backlog is used"},
		{path: keySecurePort, value: bind(&ws.Secure.Port, integer(0, 65535)), example: "8433",
			doc: "port of `wss` (Kurento's guides use 8433), 0 is off"},
		{path: websocket + "secure.certificate", value: bind(&ws.Secure.Certificate, anyText), file: true, live: true, example: "cert+key.pem",
			doc: "PEM file: certificate chain, then private key. Without it `wss` is off. It is read for each connection"},
		{path: websocket + "secure.password", value: bind(&ws.Secure.Password, secret), verbatim: true, live: true, example: "",
			doc: "password of the private key", differs: "keys encrypted as PKCS #8 are refused with a message; older encryption is read"},
		{path: websocket + "registrar.address", value: bind(&ws.Registrar.Address, webSocketURL), example: "ws://localhost:9090",
			doc: "`ws://` or `wss://` URL to announce this server to"},
		{path: websocket + "registrar.localAddress", value: bind(&ws.Registrar.LocalAddress, parseHost),
			doc: "host in the announced URL"},

		{path: mediaServer + "streams.access", value: bind(&c.Streams.Access, oneOf(StreamsOff, StreamsLoopback, StreamsToken)), live: true, own: true, example: "token",
			doc: "who may send to elements and receive from them over HTTP at `/whip/NAME` and `/whep/NAME` (NAME as in `setName`, or an id), and over RTSP: nobody (`off`), programs on this machine (`loopback`), or who has the `token`"},
		{path: mediaServer + "streams.token", value: bind(&c.Streams.Token, secret), verbatim: true, live: true, own: true, example: "",
			doc: "the bearer token, for RTSP the password of any user; with none nobody is admitted"},
		{path: mediaServer + "streams.rtspPort", value: bind(&c.Streams.RTSPPort, integer(0, 65535)), own: true, example: "8554",
			doc: "port for RTSP players, who receive from elements at `rtsp://HOST:PORT/NAME`, 0 is off; RTP over UDP comes from two ports of `BaseRtpEndpoint.minPort` to `maxPort`"},

		{path: mediaServer + "logLevels", env: "GST_DEBUG", value: bind(&c.Log.Levels, ParseLogLevels), live: true, own: true, example: "3,Kurento*:4",
			doc: "how much is logged: a level from 0 to 9 (4 is normal, 5 debug), or `category:level` pairs, as in GST_DEBUG"},
		{path: mediaServer + "metadata", value: bind(&c.Metadata, jsonObject), compound: true, live: true, example: "{}",
			doc: "a JSON object, answered by `ServerManager.getMetadata`; JSON files only"},
	}
}

// elementKeys are those of the module files, but for WebRtcEndpoint.
func elementKeys(c *Config) []key {
	m, s, r, h := &c.MediaElement, &c.SdpEndpoint, &c.BaseRtpEndpoint, &c.HttpEndpoint
	return []key{
		{path: mediaElement + "encoderBitrate", value: bind(&m.EncoderBitrate, integer(0, maxInt)), live: true,
			doc: "bit/s of transcoded video: what the property of new elements begins with (nothing is transcoded yet)"},
		{path: keyMinBitrate, value: bind(&m.MinEncoderBitrate, integer(0, maxInt)), live: true,
			doc: "bit/s, lower limit (the same)"},
		{path: mediaElement + "maxEncoderBitrate", value: bind(&m.MaxEncoderBitrate, integer(0, maxInt)), live: true,
			doc: "bit/s, upper limit, 0 is none (the same)"},
		{path: mediaElement + "transcoding", value: bind(&m.Transcoding, oneOf(TranscodingAllow, TranscodingWarn, TranscodingForbid)), live: true, own: true,
			doc: "what happens when an element takes none of the codecs that another gives: it is converted (`allow`), converted with a warning in the log (`warn`), or refused with an `Error` event (`forbid`). New pipelines have a new value"},
		{path: mediaElement + "transcodingCores", value: bind(&m.TranscodingCores, cores), live: true, own: true, example: "1.5",
			doc: "cores that all conversions together may cost, as estimated; what is over it is refused. 0 is no limit"},
		{path: mediaElement + "pipelineTranscodingCores", value: bind(&m.PipelineTranscodingCores, cores), live: true, own: true, example: "0.5",
			doc: "the same for each pipeline that is created from then on"},

		{path: sdpEndpoint + "numAudioMedias", value: bind(&s.NumAudioMedias, integer(0, 100)), live: true, set: true,
			doc: "audio m-lines offered, and at most accepted", differs: "more than 1 counts as 1: an element has one stream of a kind"},
		{path: sdpEndpoint + "numVideoMedias", value: bind(&s.NumVideoMedias, integer(0, 100)), live: true, set: true,
			doc: "video m-lines, likewise", differs: "more than 1 counts as 1: an element has one stream of a kind"},
		{path: sdpEndpoint + "audioCodecs", value: bind(&s.AudioCodecs, codecList), compound: true, live: true, set: true,
			doc: "list of `{\"name\": \"opus/48000/2\"}` in order of preference", differs: "the shipped list is built in"},
		{path: sdpEndpoint + "videoCodecs", value: bind(&s.VideoCodecs, codecList), compound: true, live: true, set: true,
			doc: "list of video codecs, likewise", differs: "the shipped list is built in"},

		{path: keyMinPort, env: "KMS_MIN_PORT", value: bind(&r.MinPort, clamped(1024, 65535)),
			doc: "first UDP and TCP port of media; 1024 to 65535", differs: "a few ports of the range serve all WebRTC connections, where Kurento takes one for each; `RtpEndpoint` takes two for each m-line, as there"},
		{path: baseRtpEndpoint + "maxPort", env: "KMS_MAX_PORT", value: bind(&r.MaxPort, clamped(1024, 65535)),
			doc: "last port of media"},
		// From the smallest IPv4 datagram every host takes (RFC 791) to the largest UDP payload.
		{path: baseRtpEndpoint + "mtu", env: "KMS_MTU", value: bind(&r.MTU, integer(576, 65507)), live: true,
			doc: "bytes of the largest RTP packet made here, 576 to 65507"},
		{path: baseRtpEndpoint + "rembPolicy", value: bind(&r.RembPolicy, oneOf(RembMin, RembMax)), live: true, own: true,
			doc: "a publisher sends what its slowest viewer can take (`min`) or its fastest (`max`)"},
		{path: baseRtpEndpoint + "rembFloor", value: bind(&r.RembFloor, integer(1, maxInt)), live: true, own: true,
			doc: "kbit/s below which neither viewers nor loss press a publisher"},

		{path: uriEndpoint + "defaultPath", value: bind(&c.UriEndpoint.DefaultPath, anyURI), live: true,
			doc: "put in front of a URI of a player or recorder that has no scheme"},
		{path: uriEndpoint + "allowedSchemes", value: bind(&c.UriEndpoint.AllowedSchemes, lowerNames), live: true, own: true, example: "file,https,rtsp,rtsps",
			doc: "schemes that URIs of players and recorders may have; all if not set"},
		{path: uriEndpoint + "allowedNetworks", value: bind(&c.UriEndpoint.AllowedNetworks, networks), live: true, own: true, example: "203.0.113.0/24",
			doc: "networks in which players and recorders may connect to servers, looked at when a name has been resolved; all but `deniedNetworks` if not set"},
		{path: uriEndpoint + "deniedNetworks", value: bind(&c.UriEndpoint.DeniedNetworks, networks), live: true, own: true,
			doc: "networks in which they may not, whatever is allowed. The default is where clouds answer with a machine's secrets"},
		{path: uriEndpoint + "allowedRoots", value: bind(&c.UriEndpoint.AllowedRoots, directories), live: true, own: true, example: "/var/lib/kurento:/media",
			doc: "directories, separated by `:`, below which files are played and recorded; links do not lead out of them. All if not set: a client can read and write whatever the server can"},
		{path: playerEndpoint + "rtspClientPortRange", value: bind(&c.PlayerEndpoint.RtspClientPortRange, portRange), live: true,
			doc: "UDP ports of the RTSP client, 0-0 is any"},
		{path: playerEndpoint + "rtspReconnect", value: bind(&c.PlayerEndpoint.RtspReconnect, seconds(0, yearOfSeconds)), live: true, own: true,
			doc: "longest wait in seconds between attempts to reach an RTSP server that was lost while it played: the first after one second, each wait twice the one before. 0 ends the player instead, as Kurento does"},
		{path: recorderEndpoint + "gapsFix", value: bind(&c.RecorderEndpoint.GapsFix, oneOf(GapsFixNone, GapsFixGenPTS)), live: true,
			doc: "`NONE` or `GENPTS`: holes that lost packets leave in sound stay, or times are renumbered so that they vanish"},
		{path: recorderEndpoint + "startTimeout", value: bind(&c.RecorderEndpoint.StartTimeout, integer(0, maxInt)), live: true, own: true,
			doc: "ms that a recording waits for a connected kind from which nothing comes; `0`: for ever, as Kurento"},
		{path: recorderEndpoint + "httpMethod", value: bind(&c.RecorderEndpoint.HTTPMethod, oneOf(HTTPPost, HTTPPut)), live: true, own: true,
			doc: "how recordings go to http and https URIs: `POST` or `PUT`"},
		{path: recorderEndpoint + "s3Endpoint", value: bind(&c.RecorderEndpoint.S3Endpoint, anyText), live: true, own: true, example: "https://minio.example",
			doc: "URL of the object store for `s3://bucket/key`; Amazon's if not set"},
		{path: recorderEndpoint + "s3Region", value: bind(&c.RecorderEndpoint.S3Region, anyText), live: true, own: true, example: "eu-west-1",
			doc: "its region; the store is asked if not set"},
		{path: recorderEndpoint + "s3AccessKey", value: bind(&c.RecorderEndpoint.S3AccessKey, anyText), live: true, own: true, example: "",
			doc: "the key's name; if not set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` of the environment count"},
		{path: recorderEndpoint + "s3SecretKey", value: bind(&c.RecorderEndpoint.S3SecretKey, secret), verbatim: true, live: true, own: true, example: "",
			doc: "the secret key"},

		{path: httpEndpoint + "serverAddress", value: bind(&h.ServerAddress, parseHost),
			doc: "address the server of `HttpPostEndpoint` listens on, which starts with the first of them"},
		// The file Kurento ships says port where its code reads serverPort.
		{path: httpEndpoint + "port", alias: func(string) string { return keyHTTPServerPort },
			doc: "the name Kurento's shipped file uses for `serverPort`, which wins over it", differs: "counts; Kurento ships it and reads only `serverPort`"},
		{path: keyHTTPServerPort, value: bind(&h.ServerPort, integer(0, 65535)),
			doc: "port of that server, 0: one that is free"},
		{path: httpEndpoint + "announcedAddress", value: bind(&h.AnnouncedAddress, parseHost), example: "localhost",
			doc: "host in the URLs of `HttpPostEndpoint`; `serverAddress` if not set, or an address of this machine if that is all"},

		{path: composite + "keepAspectRatio", value: bind(&c.Composite.KeepAspectRatio, boolean), live: true, own: true,
			doc: "whether pictures in a Composite keep their shape, with black bars, instead of filling their cells"},
		{path: composite + "centerLastRow", value: bind(&c.Composite.CenterLastRow, boolean), live: true, own: true,
			doc: "whether the last row of a Composite is in the middle when it has fewer pictures than the others"},
		// Shipped, and without effect in Kurento too.
		{path: composite + "width", doc: "no effect", example: "800"},
		{path: composite + "height", doc: "no effect", example: "600"},
		{path: composite + "framerate", doc: "no effect", example: "15"},
	}
}

func webRtcKeys(c *Config) []key {
	w := &c.WebRtcEndpoint
	return []key{
		{path: webRtcEndpoint + "stunServerAddress", env: "KMS_STUN_IP", needs: "KMS_STUN_PORT", live: true, example: "198.51.100.1",
			value:   bind(&w.StunServerAddress, ParseSTUNServers),
			doc:     "IP address or name of a STUN server, with `:port` if it is another than `stunServerPort`; several with commas between them. The two variables count only together",
			differs: "names and several servers are taken"},
		{path: webRtcEndpoint + "stunServerPort", env: "KMS_STUN_PORT", needs: "KMS_STUN_IP", live: true,
			value: bind(&w.StunServerPort, integer(1, 65535)),
			doc:   "port of the STUN server"},
		{path: webRtcEndpoint + "turnURL", env: "KMS_TURN_URL", value: bind(&w.TurnURL, ParseTURNURLs), live: true,
			example: "user:password@198.51.100.1:3478?transport=udp",
			doc:     "`user:password@host:port?transport=udp`, several with spaces between them",
			differs: "names and several servers are taken; a server that is of no use is an Error event and a line in the log"},
		{path: webRtcEndpoint + "networkInterfaces", env: "KMS_NETWORK_INTERFACES", value: bind(&w.NetworkInterfaces, names), example: "eth0",
			doc: "names, separated by comma or space; all if not set", differs: "empty is not set; in Kurento no interface fits then"},
		{path: webRtcEndpoint + "iceTcp", env: "KMS_ICE_TCP", value: bind(&w.IceTCP, boolean), live: true,
			doc: "offer TCP candidates besides UDP", differs: "`true` and `false` are taken too; in Kurento they leave it on"},
		// Kurento 6 has one key for both families.
		{path: webRtcEndpoint + "externalAddress", env: "KMS_EXTERNAL_ADDRESS", alias: externalAddressKey, live: true, example: "198.51.100.1",
			doc: "Kurento 6's name for either of the next two, which win over it", differs: "counts; Kurento 7 ignores it"},
		{path: keyExternalIPv4, env: "KMS_EXTERNAL_IPV4", live: true, example: "198.51.100.1",
			value:   bind(&w.ExternalIPv4, externalIP("IPv4 address", netip.Addr.Is4)),
			doc:     "address put into host candidates, for a server behind a 1:1 NAT; `auto` asks for it at start",
			differs: "empty is not set; in Kurento candidates have an empty address then. `auto` may stand in the file too"},
		{path: keyExternalIPv6, env: "KMS_EXTERNAL_IPV6", live: true, example: "2001:db8::1",
			value: bind(&w.ExternalIPv6, externalIP("IPv6 address", netip.Addr.Is6)),
			doc:   "the same for IPv6 candidates", differs: "as `externalIPv4`"},
		{path: webRtcEndpoint + "pemCertificateRSA", env: "KMS_PEM_CERTIFICATE_RSA", live: true, example: "cert+key.pem",
			value: bind(&w.PemCertificateRSA, anyText), file: true,
			doc:     "PEM file (certificate, private key) for DTLS; one is generated if not set",
			differs: "one generated certificate for the whole server, not one for each endpoint"},
		{path: webRtcEndpoint + "pemCertificateECDSA", env: "KMS_PEM_CERTIFICATE_ECDSA", live: true, example: "cert+key.pem",
			value: bind(&w.PemCertificateECDSA, anyText), file: true,
			doc: "PEM file with an ECDSA key for DTLS, likewise", differs: "endpoints use it unless they ask for RSA; Kurento's default is RSA"},
		{path: webRtcEndpoint + "qos-dscp", value: bind(&w.QosDscp, oneOf(strings.Fields(dscpValues)...)), live: true, example: "AUDIO_HIGH",
			doc: "a `DSCPValue` such as `AUDIO_HIGH` for outgoing packets of endpoints that are created without `qosDscp` (on Linux)"},
		{path: webRtcEndpoint + "enable-h265", value: bind(&w.EnableH265, boolean), live: true,
			doc: "negotiate H265"},
		{path: webRtcEndpoint + "udpMuxPort", env: "KMS_UDP_MUX_PORT", value: bind(&w.UDPMuxPort, integer(0, 65535)), own: true, example: "5000",
			doc: "one port for all UDP, and the same for ICE over TCP, instead of `minPort` to `maxPort`: a container publishes only that one and the WebSocket"},
		{path: webRtcEndpoint + "classicSdp", value: bind(&w.ClassicSDP, boolean), live: true, own: true,
			doc: "`true` leaves out of offers and answers what Kurento does not know: RTX, transport-wide congestion control, audio levels, simulcast, stream ids, `ice-options`, `max-message-size`, and telephone events, also of `RtpEndpoint`"},
		{path: webRtcEndpoint + "strictNegotiation", value: bind(&w.StrictNegotiation, boolean), live: true, own: true,
			doc: "`true` allows one exchange of descriptions for each endpoint, as Kurento does; without it a later offer of the same session changes it; also for `RtpEndpoint`"},
	}
}

// externalAddressKey chooses the family. What is no address goes to IPv4, whose parser
// says what is wrong.
func externalAddressKey(text string) string {
	if strings.Contains(text, ":") {
		return keyExternalIPv6
	}
	return keyExternalIPv4
}

// dscpValues are the words of the API's DSCPValue.
const dscpValues = `NO_DSCP NO_VALUE
	AUDIO_VERYLOW AUDIO_LOW AUDIO_MEDIUM AUDIO_HIGH
	VIDEO_VERYLOW VIDEO_LOW VIDEO_MEDIUM VIDEO_MEDIUM_THROUGHPUT VIDEO_HIGH VIDEO_HIGH_THROUGHPUT
	DATA_VERYLOW DATA_LOW DATA_MEDIUM DATA_HIGH
	CHROME_HIGH CHROME_MEDIUM CHROME_LOW CHROME_VERYLOW
	CS0 CS1 CS2 CS3 CS4 CS5 CS6 CS7
	AF11 AF12 AF13 AF21 AF22 AF23 AF31 AF32 AF33 AF41 AF42 AF43
	EF VOICEADMIT LE`
