;; A compressor of runs: a count and a byte for each. Its input is at 0, and its output behind it; the memory grows as it
;; must.
(module
  (memory (export "packer") 1 8)
  (global $output (export "output") (mut i32) (i32.const 0))
  (func (export "reserve") (param $size i32) (result i32)
    (local $needed i32)
    (global.set $output (local.get $size))
    ;; Packed data is at most twice as long.
    (local.set $needed (i32.shr_u (i32.add (i32.mul (local.get $size) (i32.const 3)) (i32.const 65535)) (i32.const 16)))
    (if (i32.gt_u (local.get $needed) (memory.size))
      (then (return (i32.ne (i32.const -1)
        (memory.grow (i32.sub (local.get $needed) (memory.size)))))))
    (i32.const 1))
  (func (export "compress") (param $size i32) (result i32)
    (local $in i32) (local $out i32) (local $run i32) (local $byte i32)
    (local.set $out (global.get $output))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $in) (local.get $size)))
        (local.set $byte (i32.load8_u (local.get $in)))
        (local.set $run (i32.const 0))
        (loop $same
          (local.set $run (i32.add (local.get $run) (i32.const 1)))
          (local.set $in (i32.add (local.get $in) (i32.const 1)))
          (br_if $same
            (i32.and
              (i32.and (i32.lt_u (local.get $in) (local.get $size)) (i32.lt_u (local.get $run) (i32.const 255)))
              (i32.eq (i32.load8_u (local.get $in)) (local.get $byte)))))
        (i32.store8 (local.get $out) (local.get $run))
        (i32.store8 offset=1 (local.get $out) (local.get $byte))
        (local.set $out (i32.add (local.get $out) (i32.const 2)))
        (br $next)))
    (i32.sub (local.get $out) (global.get $output))))
