namespace ControlTower.Web.Shared;

/// <summary>Addresses of the playbook.</summary>
public static partial class Links
{
    public const string Playbook = "/exceptions/playbook";

    /// <summary>What to do about one failure, ready to be read or written.</summary>
    public static string Remedy(string failure, string code) => $"{Playbook}?failure={Uri.EscapeDataString(failure)}&code={Uri.EscapeDataString(code)}";
}
