import pytest
import tensorflow as tf

from runner.engine.failures import OperationFailed, failures_in_a_line

# TensorFlow 2.21's message; triggering it would use up all memory.
OUT_OF_MEMORY = """Graph execution error:

Detected at node while/random_uniform/RandomUniform defined at (most recent call last):
  File "t.py", line 9, in <module>

OOM when allocating tensor with shape[1000000000,1000000] and type float on /device:CPU:0 by allocator mklcpu
\t [[{{node while/random_uniform/RandomUniform}}]]
Hint: If you want to see a list of allocated tensors when OOM happens, add report_tensor_allocations_upon_oom.
 [Op:__inference_f_46]"""


def said(function) -> str:
    with pytest.raises(OperationFailed) as failure, failures_in_a_line():
        function()
    assert isinstance(failure.value.__cause__, tf.errors.OpError)
    return str(failure.value)


def fail(error: Exception) -> None:
    raise error


def test_running_out_of_memory_names_the_array_and_what_to_do():
    remedy = "out of memory; use a smaller training.batch_size, a smaller model, or fewer runs at a time"
    array = (
        "OOM when allocating tensor with shape[1000000000,1000000] and type float on /device:CPU:0 by allocator mklcpu"
    )
    error = tf.errors.ResourceExhaustedError(None, None, OUT_OF_MEMORY)
    assert said(lambda: fail(error)) == f"{remedy} ({array})"


def test_an_operation_that_fails_in_a_compiled_function_is_named_with_its_reason():
    chosen = tf.function(lambda at: tf.gather([1, 2, 3], at), autograph=False)
    assert said(lambda: chosen(tf.constant([5]))) == "indices[0] = 5 is not in [0, 3)"


def test_the_reason_of_an_operation_outside_a_compiled_function_has_no_name_of_an_operation():
    found = said(lambda: tf.linalg.matmul(tf.ones([2, 3]), tf.ones([2, 3])))
    assert found == "Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]"


@pytest.mark.parametrize("error", [ValueError("four"), OSError(28, "no space left")])
def test_other_errors_pass_unchanged(error):
    with pytest.raises(type(error)) as found, failures_in_a_line():
        raise error
    assert found.value is error
