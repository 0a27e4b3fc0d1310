// Package conf turns Kurento's configuration (kurento.conf.json, the module files
// *.conf.ini and *.conf.json, the KMS_* and KURENTO_* variables, the command line)
// into one finished value, Config.
//
// Nothing else in the program reads settings from files or from the environment.
// Every setting is one row of a table (keys.go, options.go); unknown keys, origins
// and the printed list all come from that table. What a setting does is the business
// of the package that is handed its part of Config.
package conf

import (
	"encoding/json"
	"time"
)

// Config holds all settings after defaults, files, environment and flags have been
// merged and checked. The caller owns it; nobody changes it after Load.
type Config struct {
	// Show is what the user asked to be shown instead of running a server. Unless it
	// is ShowNothing, no file was read.
	Show Show
	// Command is what is to be done with the configuration.
	Command Command
	JSON    bool // the command answers in JSON

	ConfFile          string   // main configuration file; need not exist unless it was named
	ModulesConfigPath []string // directories searched for module files
	ModulesPath       []string // directories of plugins; there are none to load in a static binary
	Log               Log
	DotDir            string // where graphs are written that clients ask for; empty is nowhere
	UID               int    // user and group the process becomes when root starts it; 0 is to stay root

	Resources        Resources
	WebSocket        WebSocket
	Metadata         json.RawMessage // compact JSON object for ServerManager.getMetadata, nil when unset
	MediaElement     MediaElement
	SdpEndpoint      SdpEndpoint
	BaseRtpEndpoint  BaseRtpEndpoint
	UriEndpoint      UriEndpoint
	Streams          Streams
	WebRtcEndpoint   WebRtcEndpoint
	PlayerEndpoint   PlayerEndpoint
	RecorderEndpoint RecorderEndpoint
	Composite        Composite
	HttpEndpoint     HttpEndpoint

	Files    []string  // configuration files that were read, in order
	Warnings []Warning // what was ignored or changed, for the caller to log

	dirs    []string          // directories that files were looked for in
	origins map[string]Origin // by key path or "--option"; absent means default
}

// Show names an answer the command line can ask for.
type Show string

// The values of Show.
const (
	ShowNothing Show = ""        // run the server
	ShowHelp    Show = "help"    // print Usage
	ShowVersion Show = "version" // print the server's version and its modules
	ShowList    Show = "list"    // print the names of all classes
)

// Command is a word in front of the options.
type Command string

// The values of Command.
const (
	CommandServe       Command = ""            // run the server
	CommandConfig      Command = "config"      // print the effective configuration
	CommandDoctor      Command = "doctor"      // check what the configuration promises
	CommandHealthcheck Command = "healthcheck" // ask the running server for a pong
)

// Log says where log lines go.
type Log struct {
	Path     string // directory of rotating files; empty is standard error
	FileSize int    // MB after which a file is rotated
	MaxFiles int    // rotated files kept
	Levels   LogLevels
	ICE      bool // what ICE does is logged in detail, as G_MESSAGES_DEBUG=libnice asks for
	NoColor  bool // on a terminal
}

// Resources are the limits ServerManager enforces.
type Resources struct {
	ExceptionLimit         float64       // fraction of a soft rlimit above which create fails
	KillLimit              float64       // same fraction above which an idle process ends; 0 is off
	GarbageCollectorPeriod time.Duration // a silent session ends between one and two periods
	DisableRequestCache    bool
}

// WebSocket is the control port. At least one of Port and Secure.Port is not 0.
type WebSocket struct {
	Port      int    // plain ws, 0 is off
	Address   string // IP literal plain ws listens on; empty is all
	IPv6      bool   // listen on [::] where possible, for ws and wss
	Path      string // of the URL, without slashes around it
	Threads   int    // Kurento's size of the I/O pool
	ConnQueue int    // listen backlog, 0 is the system's
	Secure    Secure
	Registrar Registrar
}

// Secure is the wss port. Port is 0 when there is no certificate.
type Secure struct {
	Port        int
	Certificate string // path of a PEM file: chain first, then the private key
	Password    Secret // of the private key
}

// Registrar is the server this one announces itself to.
type Registrar struct {
	Address      URI    // ws:// or wss:// URL, empty is off
	LocalAddress string // host put into the announced URL
}

// MediaElement holds the bitrates of video encoders, in bit/s.
type MediaElement struct {
	EncoderBitrate    int
	MinEncoderBitrate int // not above MaxEncoderBitrate
	MaxEncoderBitrate int // 0 is unlimited

	Transcoding              TranscodingPolicy
	TranscodingCores         float64 // of the whole server, 0 is unlimited
	PipelineTranscodingCores float64 // of each pipeline, 0 is unlimited
}

// TranscodingPolicy says what happens when an element takes none of the codecs that another gives.
type TranscodingPolicy string

// The values of TranscodingPolicy.
const (
	TranscodingAllow  TranscodingPolicy = "allow"
	TranscodingWarn   TranscodingPolicy = "warn"
	TranscodingForbid TranscodingPolicy = "forbid"
)

// SdpEndpoint says what is offered and accepted in SDP.
type SdpEndpoint struct {
	NumAudioMedias int // m-lines of the kind: offered, and at most accepted
	NumVideoMedias int
	AudioCodecs    []Codec // in order of preference
	VideoCodecs    []Codec
}

// BaseRtpEndpoint holds the port range of all media, RTP and ICE.
type BaseRtpEndpoint struct {
	MinPort int // 1024 to 65535, not above MaxPort
	MaxPort int
	MTU     int // bytes; largest RTP packet made here

	RembPolicy RembPolicy
	RembFloor  int // kbit/s; neither viewers nor its loss press a publisher below it
}

// RembPolicy says which of its viewers a publisher is held to.
type RembPolicy string

// The values of RembPolicy.
const (
	RembMin RembPolicy = "min" // the slowest, as in Kurento
	RembMax RembPolicy = "max" // the fastest
)

// UriEndpoint is shared by player and recorder.
type UriEndpoint struct {
	DefaultPath URI // put with "/" in front of a URI that has no scheme

	// What URIs that clients name may reach.
	AllowedSchemes  []string // in lower case; empty: all
	AllowedNetworks Networks // empty: all but DeniedNetworks
	DeniedNetworks  Networks
	AllowedRoots    Directories // directories for files; empty: all
}

// WebRtcEndpoint holds what a new endpoint starts with; clients can change most of it.
type WebRtcEndpoint struct {
	StunServerAddress   STUNServers
	StunServerPort      int
	TurnURL             TURNURLs
	NetworkInterfaces   []string // names; empty is all
	IceTCP              bool
	ExternalIPv4        string // IPv4 literal for host candidates, or Auto; empty is none
	ExternalIPv6        string
	PemCertificateRSA   string // path of a PEM file, empty: a certificate is generated
	PemCertificateECDSA string
	QosDscp             string // a DSCPValue of the API; NO_VALUE when unset
	EnableH265          bool
	UDPMuxPort          int  // one port for all UDP and ICE over TCP, 0: minPort to maxPort
	ClassicSDP          bool // offers and answers say only what Kurento's do
	StrictNegotiation   bool // one exchange of descriptions for each endpoint, as in Kurento
}

// Streams is who may send to elements and receive from them without a Kurento client.
type Streams struct {
	Access   StreamAccess
	Token    Secret // of StreamsToken
	RTSPPort int    // 0: no RTSP players
}

// StreamAccess is one of the constants below.
type StreamAccess string

// Who may use WHIP, WHEP and RTSP.
const (
	StreamsOff      StreamAccess = "off"
	StreamsLoopback StreamAccess = "loopback"
	StreamsToken    StreamAccess = "token"
)

// PlayerEndpoint holds the settings of PlayerEndpoint alone.
type PlayerEndpoint struct {
	RtspClientPortRange PortRange     // UDP ports of the RTSP client, zero is any
	RtspReconnect       time.Duration // longest wait between attempts to reach a lost server, 0: none
}

// Composite holds the settings of Composite.
type Composite struct {
	KeepAspectRatio bool // pictures keep their shape
	CenterLastRow   bool // one with fewer pictures than the others is in the middle
}

// RecorderEndpoint holds the settings of RecorderEndpoint alone.
type RecorderEndpoint struct {
	GapsFix      GapsFix
	StartTimeout int // ms that a recording waits for a kind from which nothing comes, 0: for ever
	HTTPMethod   HTTPMethod
	S3Endpoint   string // URL, "": that of AWS
	S3Region     string
	S3AccessKey  string
	S3SecretKey  Secret
}

// HTTPMethod is how a recording is sent to a web server.
type HTTPMethod string

// The values of HTTPMethod.
const (
	HTTPPost HTTPMethod = "POST"
	HTTPPut  HTTPMethod = "PUT"
)

// GapsFix is a GapsFixMethod of the API.
type GapsFix string

// The values of GapsFix.
const (
	GapsFixNone   GapsFix = "NONE"   // lost packets leave holes
	GapsFixGenPTS GapsFix = "GENPTS" // times are renumbered so that holes vanish
)

// HttpEndpoint is the HTTP server of HttpPostEndpoint.
type HttpEndpoint struct {
	ServerAddress    string // IP literal or host name to listen on
	ServerPort       int    // 0: one that is free
	AnnouncedAddress string // host in URLs, empty: derived from ServerAddress
}

// defaultConfFile is where Kurento's packages and image keep the main file.
const defaultConfFile = "/etc/kurento/kurento.conf.json"

// Default returns what Load gives with no file, variable or flag: the values of the
// files that Kurento ships, so that a server without files behaves like one with them.
func Default() *Config {
	return &Config{
		ConfFile: defaultConfFile,
		Log:      Log{FileSize: 100, MaxFiles: 10},
		Resources: Resources{
			ExceptionLimit:         0.8,
			GarbageCollectorPeriod: 240 * time.Second,
		},
		WebSocket: WebSocket{
			Port:      8888,
			IPv6:      true,
			Path:      "kurento",
			Threads:   10,
			Registrar: Registrar{LocalAddress: "localhost"},
		},
		MediaElement: MediaElement{EncoderBitrate: 300_000, Transcoding: TranscodingAllow},
		SdpEndpoint: SdpEndpoint{
			NumAudioMedias: 1,
			NumVideoMedias: 1,
			AudioCodecs: []Codec{
				{Name: "opus", ClockRate: 48000, Channels: 2},
				{Name: "PCMU", ClockRate: 8000},
				{Name: "PCMA", ClockRate: 8000},
				{Name: "AMR", ClockRate: 8000},
			},
			VideoCodecs: []Codec{
				{Name: "H265", ClockRate: 90000},
				{Name: "AV1", ClockRate: 90000},
				{Name: "VP9", ClockRate: 90000},
				{Name: "VP8", ClockRate: 90000},
				{Name: "H264", ClockRate: 90000},
			},
		},
		BaseRtpEndpoint:  BaseRtpEndpoint{MinPort: 1024, MaxPort: 65535, MTU: 1200, RembPolicy: RembMin, RembFloor: 300},
		Streams:          Streams{Access: StreamsOff},
		PlayerEndpoint:   PlayerEndpoint{RtspReconnect: 30 * time.Second},
		UriEndpoint:      UriEndpoint{DefaultPath: "file:///var/lib/kurento/", DeniedNetworks: metadataServices()},
		WebRtcEndpoint:   WebRtcEndpoint{StunServerPort: 3478, IceTCP: true, QosDscp: "NO_VALUE"},
		RecorderEndpoint: RecorderEndpoint{GapsFix: GapsFixNone, StartTimeout: 5000, HTTPMethod: HTTPPost},
		HttpEndpoint:     HttpEndpoint{ServerAddress: "localhost", ServerPort: 9091},
	}
}
