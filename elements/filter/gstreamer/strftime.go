package gstreamer

import (
	"strconv"
	"strings"
	"time"
)

// layouts are those of package time for conversions of strftime (POSIX.1-2017), in the C locale.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06", 'e': "_2",
	'F': "2006-01-02", 'h': "Jan", 'H': "15", 'I': "03", 'j': "002", 'm': "01", 'M': "04", 'n': "\n", 'p': "PM", 'P': "pm",
	'r': "03:04:05 PM", 'R': "15:04", 'S': "05", 't': "\t", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05", 'y': "06", 'Y': "2006",
	'z': "-0700", 'Z': "MST",
}

// appendStrftime writes a time as strftime does. What it does not know stays as it stands.
func appendStrftime(b []byte, format string, t time.Time) []byte {
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 || i+1 == len(format) {
			return append(b, format...)
		}
		b = append(b, format[:i]...)
		conversion := format[i+1]
		format = format[i+2:]
		if layout, ok := layouts[conversion]; ok {
			b = t.AppendFormat(b, layout)
			continue
		}
		switch conversion {
		case '%':
			b = append(b, '%')
		case 'C':
			b = appendPadded(b, t.Year()/100, 2, '0')
		case 'G':
			year, _ := t.ISOWeek()
			b = appendPadded(b, year, 4, '0')
		case 'k':
			b = appendPadded(b, t.Hour(), 2, ' ')
		case 'l':
			b = appendPadded(b, (t.Hour()+11)%12+1, 2, ' ')
		case 's':
			b = strconv.AppendInt(b, t.Unix(), 10)
		case 'u':
			b = appendPadded(b, (int(t.Weekday())+6)%7+1, 1, '0')
		case 'V':
			_, week := t.ISOWeek()
			b = appendPadded(b, week, 2, '0')
		case 'w':
			b = appendPadded(b, int(t.Weekday()), 1, '0')
		default:
			b = append(b, '%', conversion)
		}
	}
}
