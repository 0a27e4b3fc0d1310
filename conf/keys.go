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
		{path: resources + "exceptionLimit", value: bind(&r.ExceptionLimit, fraction(false))},
		{path: resources + "killLimit", value: bind(&r.KillLimit, fraction(true))},
		{path: resources + "garbageCollectorPeriod", value: bind(&r.GarbageCollectorPeriod, seconds(1, yearOfSeconds))},
		{path: resources + "disableRequestCache", value: bind(&r.DisableRequestCache, boolean)},

		{path: keyPort, value: bind(&ws.Port, integer(0, 65535))},
		{path: websocket + "address", value: bind(&ws.Address, ipLiteral("IP address", netip.Addr.IsValid)), strict: true},
		{path: websocket + "ipv6", value: bind(&ws.IPv6, boolean)},
		{path: websocket + "path", value: bind(&ws.Path, urlPath)},
		{path: websocket + "threads", value: bind(&ws.Threads, integer(1, maxInt))},
		{path: websocket + "connqueue", value: bind(&ws.ConnQueue, integer(0, maxInt))},
		{path: keySecurePort, value: bind(&ws.Secure.Port, integer(0, 65535))},
		{path: websocket + "secure.certificate", value: bind(&ws.Secure.Certificate, anyText), file: true},
		{path: websocket + "secure.password", value: bind(&ws.Secure.Password, secret), verbatim: true},
		{path: websocket + "registrar.address", value: bind(&ws.Registrar.Address, webSocketURL)},
		{path: websocket + "registrar.localAddress", value: bind(&ws.Registrar.LocalAddress, parseHost)},

		{path: mediaServer + "metadata", value: bind(&c.Metadata, jsonObject), compound: true},
	}
}

// elementKeys are those of the module files, but for WebRtcEndpoint.
func elementKeys(c *Config) []key {
	m, s, r, h := &c.MediaElement, &c.SdpEndpoint, &c.BaseRtpEndpoint, &c.HttpEndpoint
	return []key{
		{path: mediaElement + "encoderBitrate", value: bind(&m.EncoderBitrate, integer(0, maxInt))},
		{path: keyMinBitrate, value: bind(&m.MinEncoderBitrate, integer(0, maxInt))},
		{path: mediaElement + "maxEncoderBitrate", value: bind(&m.MaxEncoderBitrate, integer(0, maxInt))},

		{path: sdpEndpoint + "numAudioMedias", value: bind(&s.NumAudioMedias, integer(0, 100))},
		{path: sdpEndpoint + "numVideoMedias", value: bind(&s.NumVideoMedias, integer(0, 100))},
		{path: sdpEndpoint + "audioCodecs", value: bind(&s.AudioCodecs, codecList), compound: true},
		{path: sdpEndpoint + "videoCodecs", value: bind(&s.VideoCodecs, codecList), compound: true},

		{path: keyMinPort, env: "KMS_MIN_PORT", value: bind(&r.MinPort, clamped(1024, 65535))},
		{path: baseRtpEndpoint + "maxPort", env: "KMS_MAX_PORT", value: bind(&r.MaxPort, clamped(1024, 65535))},
		// From the smallest IPv4 datagram every host takes (RFC 791) to the largest UDP payload.
		{path: baseRtpEndpoint + "mtu", env: "KMS_MTU", value: bind(&r.MTU, integer(576, 65507))},
		// Rivero's own.
		{path: baseRtpEndpoint + "rembPolicy", value: bind(&r.RembPolicy, oneOf(RembMin, RembMax))},
		{path: baseRtpEndpoint + "rembFloor", value: bind(&r.RembFloor, integer(1, maxInt))},

		{path: uriEndpoint + "defaultPath", value: bind(&c.UriEndpoint.DefaultPath, anyText)},
		{path: playerEndpoint + "rtspClientPortRange", value: bind(&c.PlayerEndpoint.RtspClientPortRange, portRange)},
		{path: recorderEndpoint + "gapsFix", value: bind(&c.RecorderEndpoint.GapsFix, oneOf(GapsFixNone, GapsFixGenPTS))},

		{path: httpEndpoint + "serverAddress", value: bind(&h.ServerAddress, parseHost)},
		// The file Kurento ships says port where its code reads serverPort.
		{path: httpEndpoint + "port", alias: func(string) string { return keyHTTPServerPort }},
		{path: keyHTTPServerPort, value: bind(&h.ServerPort, integer(1, 65535))},
		{path: httpEndpoint + "announcedAddress", value: bind(&h.AnnouncedAddress, parseHost)},

		// Shipped, and without effect in Kurento too.
		{path: composite + "width"},
		{path: composite + "height"},
		{path: composite + "framerate"},
	}
}

func webRtcKeys(c *Config) []key {
	w := &c.WebRtcEndpoint
	return []key{
		{path: webRtcEndpoint + "stunServerAddress", env: "KMS_STUN_IP", needs: "KMS_STUN_PORT",
			value: bind(&w.StunServerAddress, ParseSTUNServers)},
		{path: webRtcEndpoint + "stunServerPort", env: "KMS_STUN_PORT", needs: "KMS_STUN_IP",
			value: bind(&w.StunServerPort, integer(1, 65535))},
		{path: webRtcEndpoint + "turnURL", env: "KMS_TURN_URL", value: bind(&w.TurnURL, ParseTURNURLs)},
		{path: webRtcEndpoint + "networkInterfaces", env: "KMS_NETWORK_INTERFACES", value: bind(&w.NetworkInterfaces, names)},
		{path: webRtcEndpoint + "iceTcp", env: "KMS_ICE_TCP", value: bind(&w.IceTCP, boolean)},
		// Kurento 6 has one key for both families.
		{path: webRtcEndpoint + "externalAddress", env: "KMS_EXTERNAL_ADDRESS", alias: externalAddressKey},
		{path: keyExternalIPv4, env: "KMS_EXTERNAL_IPV4",
			value: bind(&w.ExternalIPv4, externalIP("IPv4 address", netip.Addr.Is4))},
		{path: keyExternalIPv6, env: "KMS_EXTERNAL_IPV6",
			value: bind(&w.ExternalIPv6, externalIP("IPv6 address", netip.Addr.Is6))},
		{path: webRtcEndpoint + "pemCertificateRSA", env: "KMS_PEM_CERTIFICATE_RSA",
			value: bind(&w.PemCertificateRSA, anyText), file: true},
		{path: webRtcEndpoint + "pemCertificateECDSA", env: "KMS_PEM_CERTIFICATE_ECDSA",
			value: bind(&w.PemCertificateECDSA, anyText), file: true},
		{path: webRtcEndpoint + "qos-dscp", value: bind(&w.QosDscp, oneOf(strings.Fields(dscpValues)...))},
		{path: webRtcEndpoint + "enable-h265", value: bind(&w.EnableH265, boolean)},
		// What follows is Rivero's own.
		{path: webRtcEndpoint + "udpMuxPort", env: "KMS_UDP_MUX_PORT", value: bind(&w.UDPMuxPort, integer(0, 65535))},
		{path: webRtcEndpoint + "classicSdp", value: bind(&w.ClassicSDP, boolean)},
		{path: webRtcEndpoint + "strictNegotiation", value: bind(&w.StrictNegotiation, boolean)},
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
