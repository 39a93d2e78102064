;;; hebb-mode.el --- Major mode for hebb, a language for neurons -*- lexical-binding: t -*-
;; SPDX-License-Identifier: MIT
;; Version: 0.1.0
;; Package-Requires: ((emacs "26.1"))
;; Keywords: languages

;;; Commentary:
;; Colours, indentation, an index of declarations (imenu), and the language server `hebb lsp' through eglot.
;; The words come from the tables of the language: editors/words.sh writes hebb-mode.el from hebb-mode.el.in.

;;; Code:

(defgroup hebb nil "The hebb language." :group 'languages)

(defcustom hebb-command "hebb" "The hebb command." :type 'string :safe #'stringp)
(defcustom hebb-indent-offset 2 "Blanks for each level of indentation." :type 'integer :safe #'integerp)

(defconst hebb--declarations '("function" "native" "network" "neuron" "rule" "synapse" "use"))
(defconst hebb--statements '("at" "build" "checkpoint" "collect" "connect" "const" "every" "expect" "for" "if" "inject" "learning" "let" "plot" "population" "print" "record" "reset" "restore" "resume" "return" "run" "save" "set" "signal" "store" "sweep" "test" "train" "while"))
(defconst hebb--reserved '("and" "else" "in" "learn" "not" "or" "then" "until" "via" "where" "with"))
(defconst hebb--constants '("false" "inf" "nan" "pi" "true"))
(defconst hebb--parts '("event" "input" "method" "on" "param" "post" "pre" "refractory" "require" "scaled" "spike" "state" "weight"))
(defconst hebb--soft '("against" "all" "as" "batch" "crosses" "derivative" "detached" "each" "epochs" "extends" "from" "holding" "impure" "indegree" "inout" "into" "kernel" "like" "minimize" "multiple" "near" "no" "of" "off" "one" "out" "outdegree" "over" "present" "prev" "probability" "same" "self" "sharing" "spikes" "step" "steps" "surrogate" "title" "to" "total" "transposed" "trial" "when" "within" "count" "start" "update"))
(defconst hebb--functions '("exp" "expm1" "log" "log1p" "log10" "sqrt" "cbrt" "abs" "sign" "floor" "ceil" "round" "mod" "min" "max" "clip" "sin" "cos" "tan" "asin" "acos" "atan" "atan2" "sinh" "cosh" "tanh" "erf" "erfc" "gamma" "lgamma" "exprel" "heaviside" "sigmoid" "relu" "softplus" "isnan" "int" "degC" "sum" "mean" "sd" "var" "median" "quantile" "amin" "amax" "argmin" "argmax" "any" "all" "sort" "cumsum" "diff" "dot" "outer" "transpose" "cov" "corr" "histogram" "len" "shape" "zeros" "ones" "eye" "onehot" "linspace" "arange" "logspace" "geomspace" "append" "concat" "solve" "eig" "svd" "lstsq" "random" "uniform" "normal" "lognormal" "exponential" "gamma_dist" "poisson" "binomial" "choice" "shuffle" "series" "load" "table" "matrix" "grid" "count" "counts" "rate" "rates" "spikes" "isi" "cv" "fano" "psth" "synchrony" "spectrum" "raster" "image"))
(defconst hebb--units '("m" "g" "s" "A" "K" "mol" "cd" "Hz" "V" "ohm" "Ohm" "Ω" "Ω" "S" "F" "C" "J" "W" "N" "Pa" "T" "Wb" "H" "L" "M" "rad"))
(defconst hebb--plain-units '("deg" "min" "hour"))

(defconst hebb--unit
  (let ((one (concat "\\(?:[fpnuµmckMG]?" (regexp-opt hebb--units) "\\|" (regexp-opt hebb--plain-units)
                     "\\)\\_>\\(?:\\^-?[0-9]+\\)?")))
    (concat one "\\(?:[*/]" one "\\)*")))

(defconst hebb--number "\\_<[0-9][0-9_]*\\(?:\\.[0-9][0-9_]*\\)?\\(?:[eE][+-]?[0-9]+\\)?%?")

(defconst hebb-font-lock-keywords
  `(("^\\s-*\\(neuron\\|synapse\\|rule\\|network\\|function\\)\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)"
     (1 font-lock-keyword-face) (2 font-lock-type-face))
    ("\\.\\s-*\\(\\(?:\\sw\\|\\s_\\)+\\)" 1 'default t)
    (,(concat "\\_<" (regexp-opt hebb--declarations) "\\_>") . font-lock-keyword-face)
    (,(concat "\\_<" (regexp-opt hebb--statements) "\\_>") . font-lock-keyword-face)
    (,(concat "\\_<" (regexp-opt hebb--reserved) "\\_>") . font-lock-keyword-face)
    (,(concat "\\_<" (regexp-opt hebb--constants) "\\_>") . font-lock-constant-face)
    (,(concat "\\_<\\(" (regexp-opt hebb--parts) "\\)\\_>\\s-+[[:alpha:]_0-9([{\"-]") 1 font-lock-builtin-face)
    (,(concat "\\_<\\(" (regexp-opt hebb--soft) "\\)\\_>\\s-+[[:alpha:]0-9([{\"-]") 1 font-lock-keyword-face)
    (,(concat "\\_<\\(" (regexp-opt hebb--functions) "\\)(") 1 font-lock-function-name-face)
    (,(concat hebb--number "\\s-+\\(" hebb--unit "\\)") 1 font-lock-type-face)
    (,(concat "\\(?::\\|\\_<in\\)\\s-*\\(" hebb--unit "\\)") 1 font-lock-type-face)
    (,hebb--number . font-lock-constant-face)
    ("\\_<d\\(?:\\sw\\|\\s_\\)+\\s-*/\\s-*dt\\_>" . font-lock-variable-name-face))
  "What `font-lock-mode' colours in hebb.")

(defvar hebb-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?_ "_" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    (dolist (c '(?+ ?- ?* ?/ ?^ ?< ?> ?= ?~ ?! ?% ?.)) (modify-syntax-entry c "." table))
    table))

(defconst hebb--goes-on-after
  "\\(?:[-+*/^<>=~,]\\|\\_<\\(?:and\\|or\\|not\\|in\\|then\\|else\\|via\\|with\\|learn\\|where\\|until\\)\\)\\s-*\\(?:#.*\\)?$")
(defconst hebb--goes-on-with
  "\\s-*\\(?:[+*/^<>.]\\|->\\|\\(?:via\\|with\\|learn\\|where\\|then\\|and\\|or\\|in\\)\\_>\\)")

(defun hebb--goes-on-p ()
  "Whether the line at point goes on with the one above, outside of brackets."
  (save-excursion
    (beginning-of-line)
    (or (looking-at hebb--goes-on-with)
        (and (zerop (forward-line -1))
             (progn (while (and (looking-at "\\s-*\\(?:#.*\\)?$") (not (bobp))) (forward-line -1))
                    (looking-at (concat "[^#\n]*" hebb--goes-on-after)))))))

(defun hebb--indentation ()
  "Where the line at point begins.
Two blanks for each bracket open, two more for what goes on from the line above."
  (save-excursion
    (back-to-indentation)
    (let* ((state (syntax-ppss)) (open (nth 1 state)) (closes (looking-at "[])}]")))
      (cond
       ((nth 3 state) (current-indentation))
       (open (let ((bracket (char-after open)) (goes-on (hebb--goes-on-p)))
               (goto-char open)
               (+ (if (eq bracket ?{) (hebb--statement-indentation) (current-indentation))
                  (if closes 0 hebb-indent-offset)
                  (if (and goes-on (not closes) (eq bracket ?{) (not (hebb--values-p))) hebb-indent-offset 0))))
       ((hebb--goes-on-p) hebb-indent-offset)
       (t 0)))))

(defun hebb--values-p ()
  "Whether the brace at point holds values, which commas part."
  (save-excursion
    (back-to-indentation)
    (while (and (hebb--goes-on-p) (zerop (forward-line -1))) (back-to-indentation))
    (looking-at "\\(?:population\\|connect\\)\\_>")))

(defun hebb--statement-indentation ()
  "Indentation of the statement that the brace at point belongs to."
  (save-excursion
    (while (and (hebb--goes-on-p) (zerop (forward-line -1))))
    (current-indentation)))

(defun hebb-indent-line ()
  "Indent the line at point."
  (interactive)
  (let ((column (hebb--indentation)))
    (if (<= (current-column) (current-indentation))
        (indent-line-to column)
      (save-excursion (indent-line-to column)))))

(defvar hebb-imenu-generic-expression
  '(("Neurons" "^\\s-*neuron\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1)
    ("Synapses" "^\\s-*synapse\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1)
    ("Rules" "^\\s-*rule\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1)
    ("Networks" "^\\s-*network\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1)
    ("Functions" "^\\s-*function\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1)
    ("Populations" "^\\s-*population\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1)))

(defun hebb-run ()
  "Run the model of this buffer."
  (interactive)
  (compile (concat hebb-command " run " (shell-quote-argument (buffer-file-name)))))

(defun hebb-check ()
  "Show the errors of the model of this buffer."
  (interactive)
  (compile (concat hebb-command " check " (shell-quote-argument (buffer-file-name)))))

(defvar hebb-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'hebb-run)
    (define-key map (kbd "C-c C-k") #'hebb-check)
    map))

;;;###autoload
(define-derived-mode hebb-mode prog-mode "hebb"
  "Major mode for models in the hebb language."
  (setq-local comment-start "# ")
  (setq-local comment-start-skip "#+\\s-*")
  (setq-local indent-line-function #'hebb-indent-line)
  (setq-local indent-tabs-mode nil)
  (setq-local electric-indent-chars (append "{}()[]" electric-indent-chars))
  (setq-local imenu-generic-expression hebb-imenu-generic-expression)
  (setq-local font-lock-defaults '(hebb-font-lock-keywords)))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.hebb\\'" . hebb-mode))

(defvar eglot-server-programs)
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs `(hebb-mode . (,hebb-command "lsp"))))

(provide 'hebb-mode)
;;; hebb-mode.el ends here
