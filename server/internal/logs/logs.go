// Package logs gives the parts of the server their loggers: zerolog, a level for each category that can change while the
// server runs, and files that are rotated (files.go). Categories have the names of GStreamer's debug log that Kurento's
// guides use, so that an operator's GST_DEBUG means the same here.
package logs

import (
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/conf"
)

// The categories that belong to no class.
const (
	Main    = "KurentoMediaServer"        // start, end, configuration
	Control = "KurentoWebSocketTransport" // the control protocol
	Objects = "KurentoMediaSet"           // the object model
)

// alsoKnownAs are further names, of parts of GStreamer and Kurento that have no counterpart of their own here.
var alsoKnownAs = map[string][]string{
	Main:    {"KurentoLoadConfig", "KurentoResourceManager"},
	Control: {"KurentoTransport", "KurentoServerMethods", "KurentoWebSocketRegistrar", "KurentoWebSocketEventHandler"},
	Objects: {"KurentoMediaObjectImpl", "KurentoMediaElementImpl", "KurentoMediaPipelineImpl", "kmselement", "agnosticbin"},
	ForClass("WebRtcEndpoint"): {"kmswebrtcsession", "kmswebrtctransport", "kmswebrtcbaseconnection", "kmsiceniceagent",
		"kmswebrtcdatachannel", "kmssdpsession", "kmssdpagent", "sdpagent", "kmsbasertpendpoint", "kmsrtpsynchronizer",
		"rtpsynchronizer", "kmsbasertpsession", "rtpsynccontext", "sdprtpsavpfmediahandler"},
}

// iceCategories are what G_MESSAGES_DEBUG=libnice asks to hear of.
var iceCategories = []string{ForClass("WebRtcEndpoint")}

// ForClass is the category of the objects of a class.
func ForClass(name string) string { return "Kurento" + name + "Impl" }

// names are what a category hears on.
func names(category string) []string {
	list := append([]string{category}, alsoKnownAs[category]...)
	if class, ok := strings.CutSuffix(strings.TrimPrefix(category, "Kurento"), "Impl"); ok {
		list = append(list, strings.ToLower(class), "kms"+strings.ToLower(class))
	}
	return list
}

// Logs makes loggers. Its methods are safe for concurrent use.
type Logs struct {
	base zerolog.Logger

	mu         sync.Mutex
	config     conf.Log
	categories map[string]*category
}

// New writes to w: text for people if it is a terminal, else a JSON object on each line.
func New(w io.Writer, config conf.Log) *Logs {
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000000Z07:00"
	if isTerminal(w) {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: "15:04:05.000", NoColor: config.NoColor, FieldsExclude: []string{"category"}}
	}
	l := &Logs{base: zerolog.New(w).With().Timestamp().Logger(), config: config, categories: map[string]*category{}}
	for _, name := range []string{Main, Control, Objects} {
		l.category(name)
	}
	l.SetLevels(config.Levels)
	return l
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Logger is the logger of a category.
func (l *Logs) Logger(name string) zerolog.Logger {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.category(name)
	l.spread()
	return l.base.With().Str("category", name).Logger().Hook(c)
}

// SetLevels changes what is logged from now on, by loggers that exist too.
func (l *Logs) SetLevels(levels conf.LogLevels) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.config.Levels = levels
	for name, c := range l.categories {
		c.level.Store(int32(l.levelOf(name)))
	}
	l.spread()
}

// category finds or makes one. Called locked.
func (l *Logs) category(name string) *category {
	c := l.categories[name]
	if c == nil {
		c = &category{}
		c.level.Store(int32(l.levelOf(name)))
		l.categories[name] = c
	}
	return c
}

// spread tells zerolog the lowest level of all, below which events are not even built. Called locked.
func (l *Logs) spread() {
	lowest := zerolog.Disabled
	for _, c := range l.categories {
		lowest = min(lowest, zerolog.Level(c.level.Load()))
	}
	zerolog.SetGlobalLevel(lowest)
}

func (l *Logs) levelOf(name string) zerolog.Level {
	level := l.config.Levels.Of(conf.LogInfo, names(name)...)
	if l.config.ICE {
		for _, ice := range iceCategories {
			if name == ice {
				level = max(level, conf.LogDebug)
			}
		}
	}
	switch {
	case level >= conf.LogLog:
		return zerolog.TraceLevel
	case level == conf.LogDebug:
		return zerolog.DebugLevel
	case level == conf.LogInfo:
		return zerolog.InfoLevel
	case level >= conf.LogWarning:
		return zerolog.WarnLevel
	case level == conf.LogError:
		return zerolog.ErrorLevel
	}
	return zerolog.Disabled
}

// category holds back what is below its level, which can change: loggers are values that parts of the server keep.
type category struct{ level atomic.Int32 }

// Run is part of zerolog.Hook.
func (c *category) Run(e *zerolog.Event, level zerolog.Level, _ string) {
	if level < zerolog.Level(c.level.Load()) {
		e.Discard()
	}
}
