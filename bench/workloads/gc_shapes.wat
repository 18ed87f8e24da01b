;; Objects: an array of shapes of three classes; fields, casts, and methods called through references.
(rec
  (type $shape (sub (struct (field $area (ref $method)) (field $width (mut i32)))))
  (type $method (func (param (ref $shape)) (result i32))))
(type $rectangle (sub $shape (struct (field $area (ref $method)) (field $width (mut i32)) (field $height (mut i32)))))
(type $box (sub final $rectangle
  (struct (field $area (ref $method)) (field $width (mut i32)) (field $height (mut i32)) (field $depth i32))))
(type $shapes (array (mut (ref null $shape))))
(elem declare func $square_area $rectangle_area $box_area)

(func $square_area (type $method) (param $this (ref $shape)) (result i32)
  (i32.mul (struct.get $shape $width (local.get $this)) (struct.get $shape $width (local.get $this))))

(func $rectangle_area (type $method) (param $this (ref $shape)) (result i32)
  (i32.mul
    (struct.get $shape $width (local.get $this))
    (struct.get $rectangle $height (ref.cast (ref $rectangle) (local.get $this)))))

(func $box_area (type $method) (param $this (ref $shape)) (result i32)
  (local $box (ref $box))
  (local.set $box (ref.cast (ref $box) (local.get $this)))
  (i32.add
    (i32.mul (struct.get $box $width (local.get $box)) (struct.get $box $height (local.get $box)))
    (struct.get $box $depth (local.get $box))))

(func $new (param $i i32) (result (ref $shape))
  (block $is_box
    (block $is_rectangle
      (block $is_square
        (br_table $is_square $is_rectangle $is_box (i32.rem_u (local.get $i) (i32.const 3))))
      (return (struct.new $shape (ref.func $square_area) (local.get $i))))
    (return (struct.new $rectangle (ref.func $rectangle_area) (local.get $i) (i32.const 5))))
  (struct.new $box (ref.func $box_area) (local.get $i) (i32.const 7) (i32.const 3)))

;; Rectangles, boxes among them, grow; of the others every fourth is replaced.
(func $change (param $shapes (ref $shapes)) (param $at i32) (param $shape (ref $shape))
  (local $rectangle (ref $rectangle))
  (block $other (result (ref $shape))
    (local.set $rectangle (br_on_cast_fail $other (ref $shape) (ref $rectangle) (local.get $shape)))
    (struct.set $rectangle $height (local.get $rectangle)
      (i32.add (struct.get $rectangle $height (local.get $rectangle)) (i32.const 1)))
    (return))
  (drop)
  (if (i32.eqz (i32.and (local.get $at) (i32.const 3)))
    (then
      (array.set $shapes (local.get $shapes) (local.get $at)
        (call $new (i32.mul (local.get $at) (i32.const 3)))))))

(func (export "_start")
  (local $shapes (ref $shapes)) (local $shape (ref $shape)) (local $round i32) (local $i i32) (local $sum i64)
  (local.set $shapes (array.new $shapes (ref.null $shape) (i32.const 1000)))
  (loop $fill
    (array.set $shapes (local.get $shapes) (local.get $i) (call $new (local.get $i)))
    (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
  (loop $rounds
    (local.set $i (i32.const 0))
    (loop $each
      (local.set $shape (ref.as_non_null (array.get $shapes (local.get $shapes) (local.get $i))))
      (local.set $sum
        (i64.add (local.get $sum)
          (i64.extend_i32_u
            (call_ref $method (local.get $shape) (struct.get $shape $area (local.get $shape))))))
      (call $change (local.get $shapes) (local.get $i) (local.get $shape))
      (br_if $each
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $shapes)))))
    (local.set $sum (call $mix (local.get $sum) (i64.const 0)))
    (br_if $rounds (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 5000))))
  (call $result (local.get $sum)))
