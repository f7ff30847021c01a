using Microsoft.Extensions.Options;

namespace ControlTower.Data.Audit;

/// <summary>Section <c>Audit</c>.</summary>
public sealed class AuditOptions
{
    public const string Section = "Audit";

    /// <summary>Where the anchors of the audit chain are written. Empty: <c>audit-anchors</c> beside the folder of the embedded database.</summary>
    public string AnchorFile { get; set; } = "";

    /// <summary>As set, else beside <paramref name="dataDirectory"/>: a copy of the database's folder does not carry its own anchors.</summary>
    public string AnchorFileOr(string dataDirectory) => Path.GetFullPath(AnchorFile.Length > 0 ? AnchorFile : Path.Combine(dataDirectory, "..", "audit-anchors"));
}

public sealed class AuditOptionsValidator : IValidateOptions<AuditOptions>
{
    public ValidateOptionsResult Validate(string? name, AuditOptions options) => options.AnchorFile.Length > 0 && Directory.Exists(options.AnchorFile)
        ? ValidateOptionsResult.Fail($"Audit:AnchorFile is '{options.AnchorFile}', which is a folder. Set the path of a file.")
        : ValidateOptionsResult.Success;
}
