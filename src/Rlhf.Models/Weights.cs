using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>What is done to all weights of a model at once.</summary>
public static class Weights
{
    /// <summary>Copies every parameter to the one of the same name.</summary>
    public static void Copy(nn.Module from, nn.Module to)
    {
        using var gradients = no_grad();
        var targets = to.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var (name, parameter) in from.named_parameters())
            targets[name].copy_(parameter);
    }

    /// <summary>A frozen model takes no gradient: references, and reward models that only score.</summary>
    public static T Frozen<T>(this T model) where T : nn.Module
    {
        foreach (var parameter in model.parameters())
            parameter.requires_grad = false;
        return model;
    }

    /// <summary>How many numbers the parameters hold; tied ones count once.</summary>
    public static long Count(nn.Module model) => model.parameters().Sum(p => p.numel());
}
