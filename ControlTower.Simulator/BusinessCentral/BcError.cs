namespace ControlTower.Simulator.BusinessCentral;

/// <summary>An error answer of the vendor. The correlation id is appended where the answer is written.</summary>
public sealed class BcError(int status, string code, string message) : Exception(message)
{
    public int Status => status;
    public string Code => code;

    public static BcError Dialog(string message) => new(400, "Application_DialogException", message);

    public static BcError Bad(string message) => new(400, "BadRequest", message);

    public static BcError NotFound() => new(404, "Internal_RecordNotFound", "The server has encountered an error retrieving the record. The record does not exist.");

    public static BcError NoSegment(string segment) => new(404, "BadRequest_ResourceNotFound", $"Resource not found for the segment '{segment}'.");

    public static BcError Relation(string field, string table, string value, string related) =>
        new(400, "Internal_InvalidTableRelation", $"The field {field} of table {table} contains a value ({value}) that cannot be found in the related table ({related}).");

    public static BcError Changed() => new(409, "Request_EntityChanged", "Another user has already changed the record. Reload the page and try again.");
}
