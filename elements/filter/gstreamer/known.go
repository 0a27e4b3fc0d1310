package gstreamer

import "strings"

// known are names of GStreamer's other elements that change pictures or sound. Whoever asks for one is told what there is.
var known = setOf(`
	aatv agingtv alpha alphacolor aspectratiocrop audiobuffersplit audiochebband audiocheblimit audioconvert audiodynamic
	audiofirfilter audioiirfilter audioinvert audiokaraoke audiomixmatrix audiorate audioresample audiowsincband audiowsinclimit
	autoaudioconvert autovideoconvert bulge burn cacatv cairooverlay chromahold chromium circle compositor cutter deinterlace
	dicetv diffuse dilate dodge equalizer-10bands equalizer-nbands exclusion faceblur facedetect faceoverlay fieldanalysis
	fisheye freeverb frei0r gdkpixbufoverlay glcolorbalance gleffects glshader handdetect interlace kaleidoscope ladspa lcms
	lv2 marble mirror motioncells navigationtest optv overlaycomposition perspective pinch qroverlay quarktv radioactv
	removesilence revtv rglimiter rgvolume rippletv rotate rsvgoverlay scaletempo scenechange shagadelictv smooth smpte
	smptealpha solarize spectrum speed sphere square stereo streaktv stretch subtitleoverlay tee templatematch textrender tunnel twirl
	valve vertigotv videoanalyse videoconvert videoconvertscale videodiff videomedian videomixer warptv waterripple webrtcdsp
	zbar zebrastripe`)

// unpaired are elements that nothing can go through: they have no input, or no output.
var unpaired = setOf(`
	alsasink alsasrc appsink appsrc audiotestsrc autoaudiosink autoaudiosrc autovideosink autovideosrc dataurisrc fakeaudiosink
	fakesink fakesrc fakevideosink fdsink fdsrc filesink filesrc gltestsrc hlssink multifdsink multifilesink multifilesrc
	multiudpsink playbin pulsesink pulsesrc rtmpsink rtmpsrc rtspsrc shmsink shmsrc souphttpsrc splitmuxsink splitmuxsrc tcpclientsink
	tcpclientsrc tcpserversink tcpserversrc udpsink udpsrc uridecodebin v4l2sink v4l2src videotestsrc waylandsink ximagesink
	ximagesrc xvimagesink`)

func setOf(names string) map[string]bool {
	set := map[string]bool{}
	for _, n := range strings.Fields(names) {
		set[n] = true
	}
	return set
}
