# SPDX-License-Identifier: MIT
# Macros of hebb's configure.

# HEBB_ADD_FLAGS(VARIABLE, FLAGS): appends each flag that the compiler takes.
AC_DEFUN([HEBB_ADD_FLAGS], [
  for hebb_flag in $2; do
    hebb_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $hebb_flag"
    AC_MSG_CHECKING([whether $CC takes $hebb_flag])
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
      [AC_MSG_RESULT([yes]); $1="$$1 $hebb_flag"], [AC_MSG_RESULT([no])])
    CFLAGS=$hebb_save_CFLAGS
  done
])

# HEBB_C11: the dialect and the extensions that hebb is written in.
AC_DEFUN([HEBB_C11], [
  AC_MSG_CHECKING([for C11 with GNU extensions])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
      _Static_assert(sizeof(double) == 8, "double");
      typedef double v8 __attribute__((vector_size(64)));
      static inline v8 f(v8 x) { return __builtin_shuffle(x + 1.0, (__typeof__(x < x)){7, 6, 5, 4, 3, 2, 1, 0}); }
    ]], [[ v8 x = {0}; x = f(x); return x[0] > ({ double y = 2; y; }); ]])],
    [AC_MSG_RESULT([yes])],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
        _Static_assert(sizeof(double) == 8, "double");
        typedef double v8 __attribute__((vector_size(64)));
      ]], [[ v8 x = {0}; x = x + 1.0; return x[0] > ({ double y = 2; y; }); ]])],
      [AC_MSG_RESULT([yes])],
      [AC_MSG_RESULT([no])
       AC_MSG_ERROR([hebb needs GCC or Clang: a C11 compiler with GNU vector extensions])])])
])

# HEBB_FROM_GIT(GENERATED, PROGRAM, PACKAGE): a checkout needs PROGRAM, a release holds what it makes.
AC_DEFUN([HEBB_FROM_GIT], [
  AC_PATH_PROG([hebb_path_$2], [$2], [])
  AS_IF([test ! -f "$srcdir/$1" && test -z "$hebb_path_$2"],
    [AC_MSG_ERROR([$2 is needed to build from a checkout: install the package $3])])
])

# HEBB_WITH(NAME, MODULE, USE, PACKAGE): --with-NAME=yes|no|auto; sets have_NAME, HAVE_NAME, NAME_CFLAGS and NAME_LIBS.
AC_DEFUN([HEBB_WITH], [
  AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1], [$3 (default: where found)])], [], [with_$1=auto])
  have_$1=no
  AS_IF([test "x$with_$1" != xno], [
    PKG_CHECK_MODULES(AS_TR_CPP([$1]), [$2], [have_$1=yes], [
      AS_IF([test "x$with_$1" = xyes],
        [AC_MSG_ERROR([--with-$1 was asked for, but $1 is missing: install the package $4])])])
  ])
  AS_IF([test "x$have_$1" = xyes], [AC_DEFINE(AS_TR_CPP([HAVE_$1]), [1], [$1 was found])])
])

# HEBB_HDF5: --with-hdf5=yes|no|auto; sets have_hdf5, HAVE_HDF5, HDF5_CFLAGS and HDF5_LIBS. The serial library is meant;
# Debian gives it a module of its own beside those with MPI.
AC_DEFUN([HEBB_HDF5], [
  AC_ARG_WITH([hdf5], [AS_HELP_STRING([--with-hdf5], [files that end in .h5 (default: where found)])], [], [with_hdf5=auto])
  have_hdf5=no
  AS_IF([test "x$with_hdf5" != xno], [
    PKG_CHECK_MODULES([HDF5], [hdf5-serial >= 1.10], [have_hdf5=yes],
      [PKG_CHECK_MODULES([HDF5], [hdf5 >= 1.10], [have_hdf5=yes], [have_hdf5=no])])
    AS_IF([test "x$have_hdf5" = xyes], [
      hebb_save_LIBS=$LIBS hebb_save_CPPFLAGS=$CPPFLAGS
      LIBS="$HDF5_LIBS $LIBS" CPPFLAGS="$HDF5_CFLAGS $CPPFLAGS"
      AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <hdf5.h>]], [[return H5open() < 0;]])], [], [have_hdf5=no])
      LIBS=$hebb_save_LIBS CPPFLAGS=$hebb_save_CPPFLAGS
    ])
    AS_IF([test "x$with_hdf5" = xyes && test "x$have_hdf5" = xno],
      [AC_MSG_ERROR([--with-hdf5 was asked for, but HDF5 1.10 or later is missing: install the package libhdf5-dev])])
  ])
  AS_IF([test "x$have_hdf5" = xyes], [AC_DEFINE([HAVE_HDF5], [1], [HDF5 was found])], [HDF5_CFLAGS= HDF5_LIBS=])
  AC_SUBST([HDF5_CFLAGS])
  AC_SUBST([HDF5_LIBS])
  AM_CONDITIONAL([HAVE_HDF5], [test "x$have_hdf5" = xyes])
])

# HEBB_SUNDIALS: --with-sundials=yes|no|auto; sets have_sundials, HAVE_SUNDIALS and SUNDIALS_LIBS. SUNDIALS has no module for
# pkg-config: its header and libraries are looked for.
AC_DEFUN([HEBB_SUNDIALS], [
  AC_ARG_WITH([sundials], [AS_HELP_STRING([--with-sundials], [the method cvode, for stiff systems (default: where found)])],
    [], [with_sundials=auto])
  have_sundials=no SUNDIALS_LIBS=
  AS_IF([test "x$with_sundials" != xno], [
    hebb_save_LIBS=$LIBS
    AC_MSG_CHECKING([for SUNDIALS CVODE 6 or later])
    for hebb_more in "" "-lsundials_core"; do
      AS_IF([test "x$have_sundials" = xno], [
        hebb_libs="-lsundials_cvode -lsundials_nvecserial $hebb_more"
        LIBS="$hebb_libs $hebb_save_LIBS"
        AC_LINK_IFELSE([AC_LANG_PROGRAM([[
            #include <cvode/cvode.h>
            #include <nvector/nvector_serial.h>
            #include <sundials/sundials_config.h>
            #include <sunlinsol/sunlinsol_dense.h>
            #include <sunlinsol/sunlinsol_spgmr.h>
            #include <sunmatrix/sunmatrix_dense.h>
            #if SUNDIALS_VERSION_MAJOR < 6 || !defined(SUNDIALS_DOUBLE_PRECISION)
            #error "another SUNDIALS"
            #endif
          ]], [[ SUNContext c = 0; N_Vector y = N_VNew_Serial(1, c); SUNMatrix m = SUNDenseMatrix(1, 1, c);
                 return !CVodeCreate(CV_BDF, c) || !SUNLinSol_Dense(y, m, c) || !SUNLinSol_SPGMR(y, 0, 0, c); ]])],
          [have_sundials=yes SUNDIALS_LIBS=$hebb_libs])
      ])
    done
    LIBS=$hebb_save_LIBS
    AC_MSG_RESULT([$have_sundials])
    AS_IF([test "x$with_sundials" = xyes && test "x$have_sundials" = xno],
      [AC_MSG_ERROR([--with-sundials was asked for, but SUNDIALS CVODE 6 or later is missing: install the package libsundials-dev])])
  ])
  AS_IF([test "x$have_sundials" = xyes], [AC_DEFINE([HAVE_SUNDIALS], [1], [SUNDIALS CVODE was found])])
  AC_SUBST([SUNDIALS_LIBS])
  AM_CONDITIONAL([HAVE_SUNDIALS], [test "x$have_sundials" = xyes])
])

# HEBB_LINEAR: the libraries of linear algebra that stdlib/kernels is built with. --with-blas, --with-lapack=yes|no|auto;
# sets have_blas and have_lapack to what was found, LINEAR_CPPFLAGS and LINEAR_LIBS.
AC_DEFUN([HEBB_LINEAR], [
  AC_ARG_WITH([blas], [AS_HELP_STRING([--with-blas], [products of large matrices by CBLAS (default: where found)])], [], [with_blas=auto])
  AC_ARG_WITH([lapack], [AS_HELP_STRING([--with-lapack], [eigenvalues by LAPACKE (default: where found)])], [], [with_lapack=auto])
  have_blas=no have_lapack=no LINEAR_CPPFLAGS= LINEAR_LIBS=
  AS_IF([test "x$with_blas" != xno], [
    PKG_CHECK_MODULES([OPENBLAS], [openblas], [have_blas=openblas], [
      PKG_CHECK_MODULES([BLAS], [cblas], [have_blas=cblas], [
        PKG_CHECK_MODULES([BLAS], [blas], [have_blas=blas], [:])])])
    AS_CASE([$have_blas],
      [openblas], [HEBB_TRY_LINEAR([blas], [-DHEBB_CBLAS -DHEBB_OPENBLAS $OPENBLAS_CFLAGS], [$OPENBLAS_LIBS],
        [#include <cblas.h>], [openblas_set_num_threads(1); return (int)cblas_ddot(0, 0, 1, 0, 1);])],
      [cblas|blas], [HEBB_TRY_LINEAR([blas], [-DHEBB_CBLAS $BLAS_CFLAGS], [$BLAS_LIBS],
        [#include <cblas.h>], [return (int)cblas_ddot(0, 0, 1, 0, 1);])])
    AS_IF([test "x$with_blas$have_blas" = xyesno], [AC_MSG_ERROR([--with-blas was asked for, but no CBLAS is found: install libopenblas-dev])])
  ])
  AS_IF([test "x$with_lapack" != xno], [
    PKG_CHECK_MODULES([LAPACKE], [lapacke], [have_lapack=lapacke], [:])
    AS_IF([test "x$have_lapack" != xno], [HEBB_TRY_LINEAR([lapack], [-DHEBB_LAPACKE $LAPACKE_CFLAGS], [$LAPACKE_LIBS],
      [#include <lapacke.h>], [return (int)LAPACKE_dgesv(LAPACK_ROW_MAJOR, 0, 0, 0, 1, 0, 0, 1);])])
    AS_IF([test "x$with_lapack$have_lapack" = xyesno], [AC_MSG_ERROR([--with-lapack was asked for, but no LAPACKE is found: install liblapacke-dev])])
  ])
  AC_SUBST([LINEAR_CPPFLAGS])
  AC_SUBST([LINEAR_LIBS])
])

# HEBB_KISSFFT: --with-kissfft=yes|no|auto; sets have_kissfft. Its header for C++ is what is needed: a template, of which we
# take double precision. (The library for C is of single precision where distributions have it.)
AC_DEFUN([HEBB_KISSFFT], [
  AC_ARG_WITH([kissfft], [AS_HELP_STRING([--with-kissfft], [long spectra by KissFFT (default: where found)])], [], [with_kissfft=auto])
  have_kissfft=no
  AS_IF([test "x$with_kissfft" != xno], [
    AC_LANG_PUSH([C++])
    AC_MSG_CHECKING([for kissfft/kissfft.hh and a compiler of C++11])
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[
        #include <complex>
        #include <kissfft/kissfft.hh>
        static thread_local int here;
      ]], [[ kissfft<double> f(4, false); double x[8] = {0}; std::complex<double> y[4]; f.transform_real(x, y); return here; ]])],
      [have_kissfft=yes])
    AC_MSG_RESULT([$have_kissfft])
    AC_LANG_POP([C++])
    AS_IF([test "x$with_kissfft$have_kissfft" = xyesno],
      [AC_MSG_ERROR([--with-kissfft was asked for, but kissfft/kissfft.hh or a compiler of C++ is missing: install libkissfft-dev and g++])])
  ])
  AM_CONDITIONAL([HAVE_KISSFFT], [test "x$have_kissfft" = xyes])
])

# HEBB_TRY_LINEAR(WHICH, CPPFLAGS, LIBS, INCLUDE, CODE): takes the library if a program with it links.
AC_DEFUN([HEBB_TRY_LINEAR], [
  hebb_save_CPPFLAGS=$CPPFLAGS hebb_save_LIBS=$LIBS
  CPPFLAGS="$CPPFLAGS $2"
  LIBS="$3 $LIBS"
  AC_MSG_CHECKING([whether $have_$1 links])
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[$4]], [[$5]])],
    [AC_MSG_RESULT([yes]); LINEAR_CPPFLAGS="$LINEAR_CPPFLAGS $2"; LINEAR_LIBS="$3 $LINEAR_LIBS"],
    [AC_MSG_RESULT([no]); have_$1=no])
  CPPFLAGS=$hebb_save_CPPFLAGS
  LIBS=$hebb_save_LIBS
])

# HEBB_SANITIZERS: SAN_CFLAGS, which compile and link use.
AC_DEFUN([HEBB_SANITIZERS], [
  SAN_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
  hebb_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS $SAN_CFLAGS"
  AC_MSG_CHECKING([whether $CC links with sanitizers])
  AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([--enable-sanitizers: $CC cannot link with $SAN_CFLAGS (install libasan and libubsan)])])
  CFLAGS=$hebb_save_CFLAGS
])

# HEBB_ISA: which instruction sets the vector core is compiled for, besides the baseline. The choice among them is made
# when hebb starts.
AC_DEFUN([HEBB_ISA], [
  AVX2_CFLAGS="-mavx2 -mfma"
  AVX512_CFLAGS="-mavx512f -mavx512dq -mavx512vl -mavx512bw -mavx2 -mfma -mprefer-vector-width=512"
  have_avx2=no have_avx512=no isa_list=baseline
  AS_CASE([$host_cpu], [x86_64|amd64], [
    HEBB_TRY_ISA([avx2], [$AVX2_CFLAGS], [
      __m256d x = _mm256_set1_pd(argc); x = _mm256_fmadd_pd(x, x, x); return (int)_mm256_cvtsd_f64(x);])
    HEBB_TRY_ISA([avx512], [$AVX512_CFLAGS], [
      __m512d x = _mm512_set1_pd(argc); x = _mm512_scalef_pd(_mm512_fmadd_pd(x, x, x), x);
      return (int)_mm512_reduce_add_pd(x);])
  ])
  AC_SUBST([AVX2_CFLAGS])
  AC_SUBST([AVX512_CFLAGS])
  AM_CONDITIONAL([HAVE_AVX2], [test "x$have_avx2" = xyes])
  AM_CONDITIONAL([HAVE_AVX512], [test "x$have_avx512" = xyes])
])

AC_DEFUN([HEBB_TRY_ISA], [
  AC_MSG_CHECKING([whether $CC compiles for $1])
  hebb_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS $2"
  AC_LINK_IFELSE([AC_LANG_SOURCE([[
      #include <immintrin.h>
      int main(int argc, char **argv) { (void)argv; $3 }
    ]])],
    [AC_MSG_RESULT([yes]); have_$1=yes; isa_list="$isa_list $1"], [AC_MSG_RESULT([no])])
  CFLAGS=$hebb_save_CFLAGS
])
