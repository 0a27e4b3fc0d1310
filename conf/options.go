package conf

import (
	"fmt"
	"slices"
	"strings"
)

// option is one row of the table of everything the command line can say. Options that
// take a value also have a variable, which the command line wins over. A row without a
// name is a variable only; one without a value stands for the variable of a key.
type option struct {
	short byte // 0 for none
	name  string
	env   string // "" for none
	arg   string // what the usage text calls the value
	show  Show   // for options without a value
	usage string
	value value
}

// options returns the table, with values stored in c.
func options(c *Config) []option {
	return []option{
		{short: 'f', name: "conf-file", env: "KURENTO_CONF_FILE", arg: "file",
			usage: "main configuration file", value: bind(&c.ConfFile, anyText)},
		{short: 'c', name: "modules-config-path", env: "KURENTO_MODULES_CONFIG_PATH", arg: "dirs",
			usage: "directories of module files, beside the main file if not given", value: bind(&c.ModulesConfigPath, pathList)},
		{short: 'p', name: "modules-path", env: "KURENTO_MODULES_PATH", arg: "dirs",
			usage: "directories of plugins, accepted for compatibility", value: bind(&c.ModulesPath, pathList)},
		{short: 'd', name: "logs-path", env: "KURENTO_LOGS_PATH", arg: "dir",
			usage: "directory of log files, standard error if not given", value: bind(&c.Log.Path, anyText)},
		{short: 's', name: "log-file-size", env: "KURENTO_LOG_FILE_SIZE", arg: "MB",
			usage: "size at which a log file is rotated", value: bind(&c.Log.FileSize, integer(1, maxInt>>20))},
		{short: 'n', name: "number-log-files", env: "KURENTO_NUMBER_LOG_FILES", arg: "count",
			usage: "rotated log files to keep", value: bind(&c.Log.MaxFiles, integer(1, maxInt))},
		{short: 'u', name: "uid", env: "KMS_UID", arg: "id",
			usage: "user and group to run as when started by root", value: bind(&c.UID, integer(0, maxInt))},
		{name: "gst-debug", env: "GST_DEBUG", arg: "levels",
			usage: "how much is logged, such as 3,Kurento*:5"},
		{env: "GST_DEBUG_NO_COLOR", usage: "any value: no colours on a terminal", value: bind(&c.Log.NoColor, isSet)},
		{env: "G_MESSAGES_DEBUG", usage: "with `libnice` in it or `all`: what ICE does is logged in detail", value: bind(&c.Log.ICE, namesICE)},
		{env: "GST_DEBUG_DUMP_DOT_DIR", usage: "directory for the graphs that clients ask for", value: bind(&c.DotDir, anyText)},
		{env: "KURENTO_GENERATE_RTP_PTS_STATS", usage: "accepted; nothing is written", value: bind(new(string), unsupported[string])},
		{short: 'h', name: "help", show: ShowHelp, usage: "show this text"},
		{short: 'v', name: "version", show: ShowVersion, usage: "show the version"},
		{short: 'l', name: "list", show: ShowList, usage: "list the classes clients can create"},
	}
}

// commands lists the words that the command line may begin with.
var commands = []struct {
	name  Command
	usage string
}{
	{CommandConfig, "print the effective configuration and where each value is from"},
	{CommandDoctor, "check STUN, TURN, ports, limits, certificates and the clock"},
	{CommandHealthcheck, "ask the running server for an answer"},
}

// Usage returns the text for --help: one line per command and per option.
func Usage() string {
	var b strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&b, "  %-34s %s\n", c.name, c.usage)
	}
	fmt.Fprintf(&b, "  %-34s %s\n", "-json", "the command answers in JSON")
	for _, o := range options(Default()) {
		switch {
		case o.name == "":
			fmt.Fprintf(&b, "  %-34s %s\n", o.env, o.usage)
		case o.show != ShowNothing:
			fmt.Fprintf(&b, "  %-34s %s\n", o.names(), o.usage)
		default:
			fmt.Fprintf(&b, "  %-34s %s (%s", o.names()+" <"+o.arg+">", o.usage, o.env)
			if initial := o.initial(); initial != "" {
				fmt.Fprintf(&b, ", default %s", initial)
			}
			b.WriteString(")\n")
		}
	}
	return b.String()
}

// names returns the forms of the option's name as the usage text has them.
func (o option) names() string {
	if o.short == 0 {
		return "--" + o.name
	}
	return fmt.Sprintf("-%c, --%s", o.short, o.name)
}

// id is the option's name among origins and settings.
func (o option) id() string {
	if o.name == "" {
		return o.env
	}
	return "--" + o.name
}

// initial is the default, "" for none.
func (o option) initial() string {
	if o.value == nil {
		return ""
	}
	return o.value.String()
}

// loadOptions reads the KURENTO_* variables and then the command line.
func (l *loader) loadOptions(args []string) error {
	table := options(l.config)
	for _, o := range table {
		if v, ok := l.env[o.env]; ok && o.value != nil {
			if err := l.setOption(o, v.text, v.from); err != nil {
				return err
			}
		}
	}
	return l.loadArguments(table, l.loadCommand(splitJoined(args)))
}

// loadCommand takes the command and its option off the front of the arguments.
func (l *loader) loadCommand(args []string) []string {
	if len(args) == 0 || !isCommand(args[0]) {
		return args
	}
	l.config.Command = Command(args[0])
	isJSON := func(arg string) bool { return arg == "-json" || arg == "--json" }
	rest := slices.Clone(args[1:])
	l.config.JSON = slices.ContainsFunc(rest, isJSON)
	return slices.DeleteFunc(rest, isJSON)
}

func isCommand(word string) bool {
	for _, c := range commands {
		if word == string(c.name) {
			return true
		}
	}
	return false
}

func (l *loader) loadArguments(table []option, args []string) error {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "" {
			continue
		}
		o, text, attached := matchOption(table, arg)
		switch {
		case o == nil:
			name, _, _ := strings.Cut(arg, "=")
			l.warn(Origin{Name: "command line"}, "", "%q is not known and ignored", name)
			continue
		case o.show != ShowNothing:
			if l.config.Show == ShowNothing {
				l.config.Show = o.show
			}
			continue
		case !attached && (len(args) == 0 || strings.HasPrefix(args[0], "-")):
			return fmt.Errorf("option --%s needs a value: <%s>", o.name, o.arg)
		case !attached:
			text, args = args[0], args[1:]
		}
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := l.setOption(*o, text, Origin{Name: "--" + o.name}); err != nil {
			return err
		}
	}
	return nil
}

// matchOption finds the option that arg names in one of the forms --name, --name=value,
// -n, -nvalue, -n=value; attached says that arg holds the value. It returns nil for
// anything else.
func matchOption(table []option, arg string) (o *option, value string, attached bool) {
	for i := range table {
		o := &table[i]
		if o.name == "" {
			continue
		}
		takesValue := o.show == ShowNothing
		long, short := "--"+o.name, "-"+string(o.short)
		isShort := o.short != 0
		switch {
		case arg == long || isShort && arg == short:
			return o, "", false
		case takesValue && strings.HasPrefix(arg, long+"="):
			return o, arg[len(long)+1:], true
		case takesValue && isShort && strings.HasPrefix(arg, short):
			return o, strings.TrimPrefix(arg[len(short):], "="), true
		}
	}
	return nil, "", false
}

func (l *loader) setOption(o option, text string, from Origin) error {
	if o.value == nil {
		l.env[o.env] = variable{text, from}
		return nil
	}
	err := o.value.set(text)
	if !usable(err) {
		return fmt.Errorf("%s: %w", from, err)
	}
	if err != nil {
		l.warn(from, "", "%v", err)
	}
	l.config.origins[o.id()] = from
	return nil
}

// splitJoined undoes what the entry point of Kurento's image does: it hands over all
// arguments joined by spaces into one, which may be empty. A new option begins at each
// "-" after white space, and what follows its name is its value, spaces included.
func splitJoined(args []string) []string {
	if len(args) != 1 {
		return args
	}
	if word, rest, more := strings.Cut(strings.TrimSpace(args[0]), " "); isCommand(word) && more {
		return append([]string{word}, splitJoined([]string{rest})...)
	}
	if !strings.HasPrefix(strings.TrimSpace(args[0]), "-") {
		return args
	}
	var split []string
	for _, piece := range cutBeforeOptions(strings.TrimSpace(args[0])) {
		end := strings.IndexAny(piece, " \t\r\n=")
		if end < 0 || piece[end] == '=' {
			split = append(split, piece)
			continue
		}
		split = append(split, piece[:end], strings.TrimSpace(piece[end:]))
	}
	return split
}

func cutBeforeOptions(text string) []string {
	var pieces []string
	start := 0
	for i := 1; i < len(text); i++ {
		if text[i] == '-' && strings.IndexByte(" \t\r\n", text[i-1]) >= 0 {
			pieces = append(pieces, strings.TrimSpace(text[start:i]))
			start = i
		}
	}
	return append(pieces, text[start:])
}
