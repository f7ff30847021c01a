using Microsoft.Extensions.Options;

namespace ControlTower.Web.Ingress;

/// <summary>What the door at which vendors push may cost: section <c>Ingress</c>.</summary>
public sealed class IngressOptions
{
    public const string Section = "Ingress";

    /// <summary>Bodies that are arriving or being stored, of all senders together, in MiB. Beyond it the door says "later".</summary>
    public int BodyBudgetMiB { get; init; } = 128;
}

public sealed class IngressOptionsValidator : IValidateOptions<IngressOptions>
{
    public ValidateOptionsResult Validate(string? name, IngressOptions options) => options.BodyBudgetMiB is < 8 or > 16_384
        ? ValidateOptionsResult.Fail("Ingress:BodyBudgetMiB must be between 8 and 16384.")
        : ValidateOptionsResult.Success;
}
