using System.Runtime.CompilerServices;
using Rlhf.Models.Native;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Native;

public sealed class NumbersTests
{
    [Fact]
    public void A_number_outlives_a_collection_until_enough_others_were_made()
    {
        WeakReference number = Make();
        Collect();
        Assert.True(number.IsAlive);
        MakeOthers(Numbers.Kept - 1);
        Collect();
        Assert.True(number.IsAlive);
        MakeOthers(1);
        Collect();
        Assert.False(number.IsAlive);
    }

    [Fact]
    public void Numbers_of_another_thread_push_none_out()
    {
        WeakReference number = Make();
        var other = new Thread(() => MakeOthers(10 * Numbers.Kept));
        other.Start();
        other.Join();
        Collect();
        Assert.True(number.IsAlive);
    }

    [Fact]
    public void The_operations_give_the_bits_of_TorchSharps()
    {
        using var scope = NewDisposeScope();
        Tensor x = randn(7, 5), y = randn(7, 5);
        Same(x + y, x.Plus(y));
        Same(x + 0.1, x.Plus(0.1));
        Same(x.square(), x.Square());
        Same(x + y, x.clone().PlusInPlace(y));
        Same(x + 1e-8, x.clone().PlusInPlace(1e-8));
        Tensor whole = tensor([1L, 2L]).PlusInPlace(3);
        Assert.Equal(ScalarType.Int64, whole.dtype);
        Assert.Equal([4L, 5L], whole.data<long>().ToArray());
        Assert.Equal([3L, 4L, 5L], TensorArithmetic.Range(3, 6, CPU).data<long>().ToArray());
        Assert.Equal([false, true], tensor([true, true]).masked_fill(tensor([true, false]), Numbers.Number(false)).data<bool>().ToArray());
    }

    private static void Same(Tensor expected, Tensor actual) =>
        Assert.Equal(expected.data<float>().ToArray(), actual.data<float>().ToArray());

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Make() => new(Numbers.Number(0.5));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeOthers(int count)
    {
        for (int i = 0; i < count; i++)
            Numbers.Number(i);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
