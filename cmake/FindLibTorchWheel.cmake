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

# torch::cuda: LibTorch's CUDA part with the runtime's headers and library. What libtorch_cuda itself
# needs (cuBLAS and others) is looked up when a module is opened on a machine with a GPU.
find_library(LibTorchWheel_CUDART NAMES libcudart.so.13 libcudart.so
  PATHS "${TRADEWIND_DEPS}/nvidia/cu13/lib" NO_DEFAULT_PATH)
mark_as_advanced(LibTorchWheel_CUDART)
if(LibTorchWheel_FOUND AND LibTorchWheel_CUDA AND LibTorchWheel_C10_CUDA AND LibTorchWheel_CUDART
   AND NOT TARGET torch::cuda)
  add_library(torch_wheel_cuda INTERFACE)
  add_library(torch::cuda ALIAS torch_wheel_cuda)
  target_compile_options(torch_wheel_cuda INTERFACE
    "SHELL:-idirafter ${TRADEWIND_DEPS}/nvidia/cu13/include")
  # Kept although no symbol of it is named directly: it registers the device with the dispatcher.
  target_link_libraries(torch_wheel_cuda INTERFACE
    -Wl,--no-as-needed "${LibTorchWheel_CUDA}" -Wl,--as-needed "${LibTorchWheel_C10_CUDA}"
    "${LibTorchWheel_CUDART}" torch::cpu)
endif()
