"""How well a system equalises: the measures of the model card.

`clips` reads what is listened to, `adaptivity` asks for a word, `hearing` for what is heard, `steadiness` whether the
same music gets the same EQ, `by_reference` for the sound of another recording, and `report` writes it all down.

A clip is first equalised by k times the descriptor's mean curve (SAFE-DB, dB), k from -1 to 1; then the system is asked
for an EQ of what results.

dose        projection of the proposed response on the mean curve (96 log-spaced frequencies, 40 Hz to 16 kHz)
slope       of dose over k, per clip, mean over clips: -1 is full compensation, 0 a fixed curve
spread      sd(k + dose) / sd(k), per clip, mean over clips: 0 if all versions of a clip come out the same
spearman    rank correlation, over all clips and k, of what the clip already is with the dose; what it is: its long-term
            spectrum's projection on the mean curve, both centred, in units of the mean curve
wrong_way   share of clips with k <= 0 whose dose is negative
mean_dose   of untouched clips (k = 0), as the next five:
beyond      share of band gains beyond +-11.5 dB
curve_r     correlation of the mean proposed curve with the mean curve
variety_db  how much the curves of two clips differ (root mean square, mean over pairs)
inaudible   share of clips whose proposed curve swings by less than 1 dB from its lowest to its highest point
swing_db    the median swing
perceptual  how much clips still differ after equalising, relative to the mean curve in the same mean dose: the mean of
            three ratios, of sharpness, tilt and band loudness (`model.training.gain_law`); perceptual_low and _high are
            the ends of its 95 % interval (bootstrap over clips)
loudness_lu change of loudness by the EQ (ITU-R BS.1770), mean
blind       root mean square error in dB of the EQ that a system takes a clip to have had, over held-out settings
auc         of describe(): bright minus warm, on clips equalised with held-out bright and warm settings; "within"
            compares versions of the same clip, "across" those of any two clips
"""
