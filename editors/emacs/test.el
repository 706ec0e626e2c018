;;; test.el --- Emacs talks to plimsoll, without a display  -*- lexical-binding: t -*-

;; emacs --batch -l editors/emacs/test.el SETUP FILE, where SETUP is what docs/editors.md tells people to
;; write into their init file, and FILE are values in which three replicas are a finding of line 2.

(require 'seq)
(package-initialize)
(require 'yaml-mode)
(require 'eglot)

(defvar plimsoll-test-setup (pop command-line-args-left))
(defvar plimsoll-test-file (pop command-line-args-left))

(defun plimsoll-test-wait (what test)
  "Wait until TEST says so; fail where it does not, naming WHAT."
  (let ((tries 1200))
    (while (and (> tries 0) (not (funcall test)))
      (accept-process-output nil 0.1)
      (setq tries (1- tries)))
    (unless (funcall test)
      (error "waited in vain for %s: %S" what
             (mapcar #'flymake-diagnostic-text (flymake-diagnostics))))))

(defun plimsoll-test-lines ()
  "The lines on which replicas are a finding."
  (let ((ours (lambda (one) (string-match-p "anti-affinity-required" (flymake-diagnostic-text one)))))
    (mapcar (lambda (one) (line-number-at-pos (flymake-diagnostic-beg one)))
            (seq-filter ours (flymake-diagnostics)))))

(load plimsoll-test-setup)
(setq eglot-sync-connect 120
      eglot-connect-timeout 120)
(find-file plimsoll-test-file)
(call-interactively #'eglot)
(plimsoll-test-wait "the finding" (lambda () (equal (plimsoll-test-lines) '(2))))
(goto-char (point-min))
(search-forward "replicas: 3")
(replace-match "replicas: 1")
(eglot--signal-textDocument/didChange)
(plimsoll-test-wait "its end" (lambda () (null (plimsoll-test-lines))))
(set-buffer-modified-p nil)
(eglot-shutdown (eglot-current-server))
;;; test.el ends here
