# LibTorch from the unpacked `torch` wheel in TRADEWIND_DEPS: target torch::cpu (libtorch_cpu and
# libc10 only; no CUDA driver needed) and, where the wheel has it, torch::cuda.
#
# The wheel carries its own fmt, so its include folders come last (-idirafter), also because its
# headers then raise no warnings. Its libraries name each other by relative path; symbols of parts
# that a CPU program never loads stay undefined at link time.
find_library(LibTorchWheel_CPU torch_cpu PATHS "${TRADEWIND_DEPS}/torch/lib" NO_DEFAULT_PATH)
find_library(LibTorchWheel_C10 c10 PATHS "${TRADEWIND_DEPS}/torch/lib" NO_DEFAULT_PATH)
find_library(LibTorchWheel_CUDA torch_cuda PATHS "${TRADEWIND_DEPS}/torch/lib" NO_DEFAULT_PATH)
find_library(LibTorchWheel_C10_CUDA c10_cuda PATHS "${TRADEWIND_DEPS}/torch/lib" NO_DEFAULT_PATH)
mark_as_advanced(LibTorchWheel_CPU LibTorchWheel_C10 LibTorchWheel_CUDA LibTorchWheel_C10_CUDA)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorchWheel
  REQUIRED_VARS LibTorchWheel_CPU LibTorchWheel_C10
  REASON_FAILURE_MESSAGE "run tools/setup, which unpacks the wheel into ${TRADEWIND_DEPS}")

if(LibTorchWheel_FOUND AND NOT TARGET torch::cpu)
  add_library(torch_wheel_cpu INTERFACE)
  add_library(torch::cpu ALIAS torch_wheel_cpu)
  target_compile_options(torch_wheel_cpu INTERFACE
    "SHELL:-idirafter ${TRADEWIND_DEPS}/torch/include"
    "SHELL:-idirafter ${TRADEWIND_DEPS}/torch/include/torch/csrc/api/include")
  target_link_libraries(torch_wheel_cpu INTERFACE "${LibTorchWheel_CPU}" "${LibTorchWheel_C10}")
  target_link_options(torch_wheel_cpu INTERFACE -Wl,--allow-shlib-undefined)
endif()
