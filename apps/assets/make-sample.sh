#!/bin/sh
# Makes sample.mp4, the stream that astral publishes when nobody brings one. Run by hand (ffmpeg 5.1 with libx264 and
# libfreetype, and the DejaVu fonts); the result is committed, so that nothing needs ffmpeg at run time.
#
# The loop is 12 s, because both tracks end there exactly: 360 pictures at 30 Hz and 375 AAC frames of 1024 samples at
# 32 kHz. The sound repeats every second and is cut out of the middle of a longer encoding, past the encoder's priming,
# so that neither track shows a seam. A keyframe a second, a fragment every three pictures (100 ms).
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
mono=/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf
sans=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf

picture="
[0]drawgrid=w=40:h=40:t=1:c=white@0.05[paper];
[1]scale=640:36[bars];
[2]format=yuva420p,geq=lum='p(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='255*clip(14.5-hypot(X-15,Y-15),0,1)'[ball];
[paper][bars]overlay=0:324[stage];
[stage][ball]overlay=x='305+250*sin(2*PI*t/4)':y='222-86*abs(sin(2*PI*t/2))':eval=frame,
drawbox=x=40:y=300:w=560:h=4:c=white@0.12:t=fill,
drawtext=fontfile=$mono:text='%{eif\:floor(t)\:d\:2}.%{eif\:mod(n\,30)/3\:d\:1}':fontsize=88:fontcolor=white:x=(w-text_w)/2:y=72,
drawtext=fontfile=$sans:text='astral test picture':fontsize=20:fontcolor=white@0.7:x=40:y=28,
drawtext=fontfile=$mono:text='frame %{eif\:n\:d\:3} of 360':fontsize=16:fontcolor=white@0.7:x=w-text_w-40:y=31[marked];
[3]format=yuv420p[done];
[marked][done]overlay=x='40-560+560*t/12':y=300:eval=frame[late];
[late]drawbox=x=0:y=300:w=40:h=4:c=0x14202c:t=fill"

ffmpeg -v error -y \
  -f lavfi -i color=c=0x14202c:size=640x360:rate=30:duration=12 -f lavfi -i smptebars=size=640x36:rate=30:duration=12 \
  -f lavfi -i color=c=0xffb454:size=30x30:rate=30:duration=12 -f lavfi -i color=c=0x59c2ff:size=560x4:rate=30:duration=12 \
  -filter_complex "$picture" -frames:v 360 \
  -c:v libx264 -profile:v baseline -level 3.0 -preset veryslow -tune zerolatency -g 30 -keyint_min 30 -sc_threshold 0 \
  -pix_fmt yuv420p -b:v 320k -maxrate 400k -bufsize 200k -bitexact "$work/picture.mp4"

ffmpeg -v error -y -f lavfi \
  -i "aevalsrc='0.05*sin(2*PI*220*t)+0.25*sin(2*PI*880*t)*exp(-9*mod(t,1))*min(1,200*mod(t,1))':s=32000:d=36" \
  -c:a aac -b:a 64k -bitexact "$work/sound.mp4"

ffmpeg -v error -y -i "$work/picture.mp4" -ss 12 -i "$work/sound.mp4" -map 0:v -map 1:a -c copy -frames:a 375 \
  -movflags +cmaf+empty_moov+default_base_moof+skip_trailer -frag_duration 100000 -bitexact -f mp4 sample.mp4
