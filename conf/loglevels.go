package conf

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// LogLevel says how much is logged, in the numbers of GStreamer's debug log, which Kurento uses.
type LogLevel int8

// The levels. Each includes those before it.
const (
	LogNone LogLevel = iota
	LogError
	LogWarning
	LogFixme // GStreamer's; nothing is logged with it here
	LogInfo
	LogDebug
	LogLog // finer than debug
	LogTrace
	LogMemdump LogLevel = 9
)

var logLevelNames = map[string]LogLevel{
	"NONE": LogNone, "ERROR": LogError, "WARN": LogWarning, "WARNING": LogWarning, "FIXME": LogFixme, "INFO": LogInfo,
	"DEBUG": LogDebug, "LOG": LogLog, "TRACE": LogTrace, "MEMDUMP": LogMemdump,
}

// LogLevels is a list such as "2,Kurento*:4": levels for categories, whose names may hold the wildcards * and ?, and
// a level without a name for all others. The zero value says nothing of any category.
type LogLevels struct {
	text   string
	rules  []logRule
	others *LogLevel // of names that no rule fits
}

type logRule struct {
	pattern string
	level   LogLevel
}

// maxLogRules bounds a list; the one that Kurento recommends has nine entries.
const maxLogRules = 256

// ParseLogLevels reads the format of GST_DEBUG. Entries that make no sense are left out and told by the error.
func ParseLogLevels(text string) (LogLevels, error) {
	l := LogLevels{text: text}
	entries := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' })
	if len(entries) > maxLogRules {
		return LogLevels{}, fmt.Errorf("%d log levels are too many, at most %d", len(entries), maxLogRules)
	}
	var wrong []string
	for _, e := range entries {
		e = strings.TrimSpace(e)
		pattern, level, named := strings.Cut(e, ":")
		if !named {
			pattern, level = "*", e
		}
		rule, ok := newLogRule(strings.TrimSpace(pattern), strings.TrimSpace(level))
		switch {
		case !ok:
			wrong = append(wrong, quoted(e))
		case named:
			l.rules = append(l.rules, rule)
		default:
			l.others = &rule.level
		}
	}
	if wrong != nil {
		return l, adjusted("%s is left out: want a level from 0 to 9, or category:level", strings.Join(wrong, ", "))
	}
	return l, nil
}

func newLogRule(pattern, text string) (logRule, bool) {
	level, ok := logLevelNames[strings.ToUpper(text)]
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		level, ok = min(LogLevel(min(n, 127)), LogMemdump), true
	}
	// [ and \ would mean something to path.Match, nothing to GStreamer; no category has them.
	if !ok || pattern == "" || strings.ContainsAny(pattern, `[\/`) {
		return logRule{}, false
	}
	return logRule{pattern, level}, true
}

// Of returns the level for something that has several names, as much of a log as any of them asks for. Of the
// entries for one name the last counts. Names that no entry fits say nothing; if none is fit, the level for all others
// counts, and initial if there is none.
func (l LogLevels) Of(initial LogLevel, names ...string) LogLevel {
	level, known := LogNone, false
	for _, name := range names {
		for i := len(l.rules) - 1; i >= 0; i-- {
			if r := l.rules[i]; matches(r.pattern, name) {
				level, known = max(level, r.level), true
				break
			}
		}
	}
	switch {
	case known:
		return level
	case l.others != nil:
		return *l.others
	default:
		return initial
	}
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil // newLogRule keeps bad patterns out
}

// String returns the list as it was written.
func (l LogLevels) String() string { return l.text }
