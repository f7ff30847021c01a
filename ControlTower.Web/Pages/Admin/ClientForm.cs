using ControlTower.Web.Auth;

namespace ControlTower.Web.Pages.Admin;

/// <summary>What stands in the form of a client to add.</summary>
public sealed class ClientForm
{
    /// <summary>Made with the form: sent twice, it is one client.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    public string Name { get; set; } = "";

    public HashSet<string> Scopes { get; } = new(StringComparer.Ordinal) { Auth.Scopes.AvailabilityRead };

    public HashSet<string> Channels { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Brands { get; } = new(StringComparer.Ordinal);

    public int Days { get; set; } = 90;

    /// <summary>What is wrong with it, in words; null if it can be sent.</summary>
    public string? Wrong() =>
        Name.Trim().Length is 0 or > 100 || Name.Any(char.IsControl) ? "Give a name of 1 to 100 characters, such as the program's."
        : Scopes.Count == 0 || !Scopes.All(scope => Auth.Scopes.All.Any(known => known.Scope == scope)) ? "Tick at least one thing that it may do."
        : Channels.Count > 0 && Scopes.Any(Auth.Scopes.OfAllChannels.Contains) ? "What is counted, on its way, followed live, or an incident or key figure belongs to all channels: tick no channel, or leave these out."
        : Brands.Count > 0 && Scopes.Any(Auth.Scopes.OfAllBrands.Contains) ? "What is counted, on its way or followed live belongs to all brands: tick no brand, or leave these out."
        : Days is < 1 or > 365 ? "A key is good for at most a year."
        : null;
}
