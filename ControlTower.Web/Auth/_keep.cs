namespace ControlTower.Web.Auth; internal static class Room;
