using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Connections;

/// <summary>How the outside reaches this tower.</summary>
public sealed class TowerAddress
{
    public const string Section = "Tower";

    /// <summary>Absolute base address that vendors can reach, such as https://tower.example.com. Without it nothing is subscribed and polls do all the work.</summary>
    public string? PublicUrl { get; set; }

    public Uri? Base => Uri.TryCreate(PublicUrl, UriKind.Absolute, out var uri) ? uri : null;
}

public sealed class TowerAddressValidator : IValidateOptions<TowerAddress>
{
    public ValidateOptionsResult Validate(string? name, TowerAddress options) =>
        string.IsNullOrEmpty(options.PublicUrl) || options.Base is { Scheme: "http" or "https" }
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Tower:PublicUrl must be an absolute http or https address such as https://tower.example.com, or empty.");
}
