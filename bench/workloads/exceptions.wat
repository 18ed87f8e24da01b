;; Exceptions: a recursion ends by a throw; near and far frames catch.
(tag $found (param i32))
(tag $even (param i32 i64))

;; Every eighth frame has a handler, of odd numbers only.
(func $search (param $n i32) (param $depth i32) (result i32)
  (if (i32.eqz (local.get $depth))
    (then
      (if (i32.and (local.get $n) (i32.const 1))
        (then (throw $found (local.get $n))))
      (throw $even (local.get $n) (i64.extend_i32_u (local.get $n)))))
  (if (i32.and (local.get $depth) (i32.const 7))
    (then
      (return
        (i32.add (i32.const 1)
          (call $search (i32.add (local.get $n) (local.get $depth)) (i32.sub (local.get $depth) (i32.const 1)))))))
  (block $caught (result i32)
    (return
      (try_table (result i32) (catch $found $caught)
        (call $search (local.get $n) (i32.sub (local.get $depth) (i32.const 1))))))
  (i32.add (local.get $depth)))

;; The outermost handlers, of both tags.
(func $check (param $n i32) (result i64)
  (local $number i64)
  (block $found (result i32)
    (block $even (result i32 i64)
      (return
        (i64.extend_i32_u
          (try_table (result i32) (catch $even $even) (catch $found $found)
            (call $search (local.get $n) (i32.and (local.get $n) (i32.const 15)))))))
    (local.set $number)
    (return (i64.add (i64.extend_i32_u) (local.get $number))))
  (i64.extend_i32_u))

(func (export "_start")
  (local $n i32) (local $sum i64)
  (loop $numbers
    (local.set $sum (call $mix (local.get $sum) (call $check (local.get $n))))
    (br_if $numbers (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000000))))
  (call $result (local.get $sum)))
